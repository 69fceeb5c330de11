//! The operator's page: over a running server's records, over a folder whose server is stopped, or
//! over a deployed stack with the operator's own credentials.

use crate::{
    assemble::{self, Loaded},
    cli::{ConfigArgs, PlaceArgs, address},
    records::{self, Deployed},
    report::{self, Failed},
    serve::{Door, again, stop_signal},
    setup::{Asked, sides},
};
use ::console::{Access, Desk, NotOpened, Setup};
use clap::Args;
use jiff::tz::TimeZone;
use operator::Records;
use ports::{Clock, SystemClock};
use std::sync::Arc;
use tokio::{net::TcpListener, sync::watch};

#[derive(Clone, Debug, Args)]
pub(crate) struct ConsoleArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Address to listen on, of this machine only; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081", value_parser = address)]
    pub(crate) listen: String,
    /// Show everything and change nothing.
    #[arg(long)]
    pub(crate) read_only: bool,
}

/// A console that listens and lets nobody in yet.
pub(crate) struct Opened {
    listener: TcpListener,
    access: Access,
}

impl Opened {
    /// Listens at an address.
    pub(crate) async fn at(address: &str, is_read_only: bool) -> Result<Self, Failed> {
        let listener = ::console::listen(address).await?;
        let address = listener.local_addr();
        let address = address.map_err(|error| Failed::new(format!("no address: {error}")))?;
        let access = Access::new(address, is_read_only)?;
        Ok(Self { listener, access })
    }

    /// Returns the same console, for a server that takes over from another.
    pub(crate) fn again(&self) -> Result<Self, Failed> {
        Ok(Self {
            listener: again(&self.listener)?,
            access: self.access.clone(),
        })
    }

    /// Returns the line that tells the address to open in a browser.
    pub(crate) fn line(&self) -> String {
        format!("console: {}", self.access.link())
    }

    /// Serves until `stop` turns true.
    pub(crate) async fn serve(self, desk: Desk, stop: watch::Receiver<bool>) {
        let router = ::console::router(desk, self.access);
        let door = Door::for_few(router, config::Server::default(), stop);
        door.serve(self.listener).await;
    }
}

/// Runs `orderbridge console`.
pub(crate) async fn run(args: &ConsoleArgs) -> Result<(), Failed> {
    let desk = open(args).await?;
    let opened = Opened::at(&args.listen, args.read_only).await?;
    report::line(&opened.line());
    let (stopper, stop) = watch::channel(false);
    tokio::spawn(async move {
        stop_signal().await;
        stopper.send_replace(true);
    });
    opened.serve(desk, stop).await;
    Ok(())
}

async fn open(args: &ConsoleArgs) -> Result<Desk, Failed> {
    let place = &args.place;
    let deployed = Deployed::named(place).await?;
    let loaded = assemble::load_for(&args.config, deployed.as_ref())?;
    let (records, place) = match (&deployed, &place.aws) {
        (Some(deployed), Some(name)) => (deployed.records(), format!("stack {name}")),
        _ => {
            let records = records::at(place, Some(&loaded.config)).await?;
            let folder = place.data.folder(Some(&loaded.config));
            (records, format!("folder {}", folder.display()))
        }
    };
    let setup = setup(&loaded, &records, deployed.as_ref()).await?;
    Ok(desk(records, setup, place))
}

async fn setup(
    loaded: &Loaded,
    records: &Records,
    deployed: Option<&Deployed>,
) -> Result<Setup, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let asked = Asked {
        stack: deployed.map(|deployed| &deployed.stack),
        checkpoints: Some(Arc::clone(&records.checkpoints)),
        ..Asked::new(Arc::clone(&records.tokens))
    };
    let mappings = routes::mappings(&loaded.config)?;
    let sides = sides(loaded, &mappings, &asked).await?;
    let (routes, readers) =
        assemble::routes(loaded, &records.tokens, &records.checkpoints, &clock).await?;
    Ok(Setup {
        shops: reconcile::shops(&loaded.config, &routes, &readers, None),
        config: loaded.config.clone(),
        routes,
        sides,
    })
}

/// Creates what the operator looks at.
pub(crate) fn desk(records: Records, setup: Setup, place: String) -> Desk {
    let setup = Arc::new(setup);
    Desk {
        records,
        setup: Arc::new(move || Arc::clone(&setup)),
        place,
        address: None,
        clock: Arc::new(SystemClock),
        zone: TimeZone::system(),
    }
}

impl From<NotOpened> for Failed {
    fn from(error: NotOpened) -> Self {
        Self::of(&error)
    }
}
