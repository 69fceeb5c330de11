//! What destinations and shops lack for the first order: a plan that is shown, and made when that is
//! asked for. `check --live` and the console look at the same sides.

mod heard;
mod show;
mod sides;
mod trial;

pub(crate) use sides::{Asked, sides, stores};

use crate::{
    assemble,
    cli::{ConfigArgs, PlaceArgs},
    place::Hints,
    records::{self, Deployed},
    report::{Failed, json, line},
};
use ::setup::{Item, Open, Side, make};
use clap::Args;
use show::Look;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Make what an API can make, one by one, and read it back.
    #[arg(long)]
    pub(crate) apply: bool,
    /// The address at which shops reach the server, without a path, in place of `public_url` in the
    /// configuration; a stack's own address is known.
    #[arg(long, value_parser = config::service_address)]
    pub(crate) url: Option<String>,
    /// Only this store or destination.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// The name of a secret, in the form of the destination's own, of somebody who may make fields
    /// and rights there; needed once, for what is made.
    #[arg(long = "as", value_name = "SECRET")]
    pub(crate) administrator: Option<String>,
    /// Also write the store's webhook secret into webhooks that are as they must be: no shop shows
    /// which secret they have.
    #[arg(long, requires = "apply")]
    pub(crate) renew_secret: bool,
    /// Write a project for the vendor's own tool, with what the plan lacks, into this folder; files
    /// that are there are left alone.
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    pub(crate) export: Option<PathBuf>,
    /// In place of the plan: hand the order of this webhook's body to the destination in a way that
    /// keeps nothing of it, where the system has such a way.
    #[arg(long = "try", value_name = "FILE", requires = "route", conflicts_with_all = ["apply", "only", "export", "json"])]
    pub(crate) trial: Option<PathBuf>,
    /// The route of that order.
    #[arg(long, requires = "trial")]
    pub(crate) route: Option<String>,
    /// The plan as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs `orderbridge setup`. Fails where something is missing in the end.
pub(crate) async fn run(args: &SetupArgs) -> Result<(), Failed> {
    let deployed = Deployed::named(&args.place).await?;
    let loaded = assemble::load_for(&args.config, deployed.as_ref())?;
    let mappings = assemble::checked_mappings(&loaded).await?;
    let folder = args.place.data.folder(Some(&loaded.config));
    let records = records::of_place(deployed.as_ref(), &folder)?;
    let asked = Asked {
        stack: deployed.as_ref().map(|deployed| &deployed.stack),
        url: args.url.clone(),
        administrator: args.administrator.clone(),
        renews_secret: args.renew_secret,
        checkpoints: records.as_ref().map(|records| records.checkpoints.clone()),
        tokens: records::tokens(records, &folder)?,
    };
    if let (Some(file), Some(route)) = (&args.trial, &args.route) {
        return trial::run(&loaded, &mappings, &asked, route, file).await;
    }
    let mut sides = sides(&loaded, &mappings, &asked).await?;
    if let Some(name) = &args.only {
        let known: Vec<String> = sides.iter().map(|side| side.name.clone()).collect();
        sides.retain(|side| side.name.split(' ').nth(1) == Some(name));
        if sides.is_empty() {
            return Err(Failed::new(format!(
                "there is no {name} in {}; there are: {}",
                loaded.config.file.display(),
                known.join(", ")
            )));
        }
    }
    let looks = look(&sides, args).await;
    if let Some(folder) = &args.export {
        export(&sides, &looks, folder)?;
    }
    let open = Open::of(looks.iter().flat_map(|look| &look.items));
    if args.json {
        json(&show::Told::of(&looks, open))?;
    } else {
        let hints = Hints::of(&args.config, &args.place);
        show::summary(open, args, &hints);
    }
    match is_ready(&looks) {
        true => Ok(()),
        false => Err(Failed::told()),
    }
}

fn is_ready(looks: &[Look]) -> bool {
    let mut items = looks.iter().flat_map(|look| &look.items);
    !items.any(Item::is_bad)
}

/// Looks at each side, makes what is missing where that is asked for, and shows what is there then.
async fn look(sides: &[Side], args: &SetupArgs) -> Vec<Look> {
    let mut looks = Vec::new();
    for side in sides {
        let mut look = Look::of(side);
        if args.apply {
            let name = side.name.clone();
            let report = make(side.setup.as_ref(), |item, made| {
                if !args.json {
                    show::made(&name, item, made);
                }
            })
            .await;
            (look.items, look.made) = (report.after, report.made);
        } else {
            look.items = side.setup.plan().await;
        }
        looks.push(look);
    }
    if !args.json {
        looks.iter().for_each(show::plan);
    }
    looks
}

/// Writes the projects of all sides. A file that is there is left alone, because somebody may have
/// changed it.
fn export(sides: &[Side], looks: &[Look], folder: &Path) -> Result<(), Failed> {
    let mut count = 0;
    for (side, look) in sides.iter().zip(looks) {
        for file in side.setup.project(&look.items) {
            let place = folder.join(side.name.replace(' ', "-")).join(&file.path);
            let failed = |error: std::io::Error| {
                Failed::new(format!("{} cannot be written: {error}", place.display()))
            };
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            match std::fs::File::create_new(&place) {
                Ok(mut new) => {
                    std::io::Write::write_all(&mut new, file.content.as_bytes()).map_err(failed)?;
                    line(&format!("wrote   {}", place.display()));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    line(&format!("left    {}, which is there", place.display()));
                }
                Err(error) => return Err(failed(error)),
            }
            count += 1;
        }
    }
    if count == 0 {
        line("nothing to write: no destination here has a project for a tool of its own");
    }
    Ok(())
}
