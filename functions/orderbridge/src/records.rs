//! The records that the operator looks at and changes, in a folder of this machine or in a deployed
//! stack. The commands know only the ports.

use crate::{assemble, cli::PlaceArgs, report::Failed};
use config::Config;
use operator::Records;
use platform_aws::{AwsSecrets, Bodies, SdkConfig, SqsQueue, Table};
use platform_sqlite::SqliteStore;
use ports::{
    Checkpoints, CircuitStore, Clock, Ledger, PrivacyLog, Queue, Secrets, SystemClock, TokenStore,
};
use stack::{Concurrency, Stack, StackError};
use std::{io::ErrorKind, path::Path, sync::Arc};

/// Returns the records of the place that the command line or the configuration names.
pub(crate) async fn at(place: &PlaceArgs, config: Option<&Config>) -> Result<Records, Failed> {
    match &place.aws {
        Some(name) => Ok(Deployed::find(name, place.region.as_deref())
            .await?
            .records()),
        None => existing(&place.data.folder(config)),
    }
}

/// Returns the records in a folder that must exist: reading must not create an empty ledger where
/// the path is mistyped.
fn existing(folder: &Path) -> Result<Records, Failed> {
    in_folder(folder)?.ok_or_else(|| none(folder))
}

/// Returns the failure of a folder without data.
pub(crate) fn none(folder: &Path) -> Failed {
    Failed::new(format!(
        "{} holds no orderbridge data; name the folder that serve uses with --data or as `data` in the configuration, or a stack with --aws",
        folder.display()
    ))
}

/// Returns whether a server ever ran over a folder.
pub(crate) fn is_any(folder: &Path) -> Result<bool, Failed> {
    let file = folder.join(platform_sqlite::FILE_NAME);
    let failed = |error: &std::io::Error| {
        let hint = match error.kind() {
            ErrorKind::PermissionDenied => {
                "; run the command as the user that the server runs as (its data is for that user alone)"
            }
            _ => "",
        };
        Failed::new(format!("{} cannot be read: {error}{hint}", file.display()))
    };
    match file.try_exists() {
        Ok(false) => Ok(false),
        Ok(true) => readable(&file)
            .map(|()| true)
            .map_err(|error| failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

/// Fails where this user may not open the file, which SQLite would only say in a number. It is not
/// opened for that: closing it again would drop the locks of another connection in this process.
#[cfg(unix)]
fn readable(file: &Path) -> std::io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(file, Access::READ_OK | Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Returns the records in a folder; `None` where no server ever ran over it.
pub(crate) fn in_folder(folder: &Path) -> Result<Option<Records>, Failed> {
    if !is_any(folder)? {
        return Ok(None);
    }
    let store = assemble::open(folder, Arc::new(SystemClock))?;
    Ok(Some(of(store)))
}

/// Returns the records of the stack or the folder; none where no server ever ran over the folder.
pub(crate) fn of_place(
    deployed: Option<&Deployed>,
    folder: &Path,
) -> Result<Option<Records>, Failed> {
    match deployed {
        Some(deployed) => Ok(Some(deployed.records())),
        None => in_folder(folder),
    }
}

/// Returns the store of access tokens. A login can change something for everybody (a refresh token
/// that is good for one login), which must be where the server will look for it. So the folder is
/// created where no server ever ran.
pub(crate) fn tokens(
    records: Option<Records>,
    folder: &Path,
) -> Result<Arc<dyn TokenStore>, Failed> {
    match records {
        Some(records) => Ok(records.tokens),
        None => Ok(Arc::new(assemble::open(folder, Arc::new(SystemClock))?)),
    }
}

/// Returns the records of an open folder.
pub(crate) fn of(store: SqliteStore) -> Records {
    Records::in_one(store, "a running server delivers")
}

/// A stack, and the way to it.
pub(crate) struct Deployed {
    aws: SdkConfig,
    pub(crate) stack: Stack,
}

impl Deployed {
    /// Finds the stack that the command line names; `None` where it names none.
    pub(crate) async fn named(place: &PlaceArgs) -> Result<Option<Self>, Failed> {
        match &place.aws {
            Some(name) => Self::find(name, place.region.as_deref()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Finds the stack of this name in the account that the environment or the profile names.
    pub(crate) async fn find(name: &str, region: Option<&str>) -> Result<Self, Failed> {
        let found = async {
            let aws = stack::connect(region).await?;
            let stack = Stack::find(&aws, name).await?;
            Ok::<_, StackError>(Self { aws, stack })
        };
        found.await.map_err(|error| Failed::of(&error))
    }

    pub(crate) fn records(&self) -> Records {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let table = Table::new(&self.aws, self.stack.table(), Arc::clone(&clock));
        let mut queue = SqsQueue::new(&self.aws, self.stack.queues(), table.clone(), clock);
        if let Some(bucket) = self.stack.bucket() {
            queue = queue.with_bodies(Bodies::new(&self.aws, bucket));
        }
        let (table, queue) = (Arc::new(table), Arc::new(queue));
        Records {
            ledger: Arc::clone(&table) as Arc<dyn Ledger>,
            queue: Arc::clone(&queue) as Arc<dyn Queue>,
            checkpoints: Arc::clone(&table) as Arc<dyn Checkpoints>,
            letters: queue,
            privacy: Arc::clone(&table) as Arc<dyn PrivacyLog>,
            circuits: Arc::clone(&table) as Arc<dyn CircuitStore>,
            tokens: table,
            deliverer: "the stack delivers",
        }
    }

    /// Returns how many functions its account runs at the same time.
    pub(crate) async fn concurrency(&self) -> Result<Concurrency, StackError> {
        Concurrency::of(&self.aws).await
    }

    /// Returns the secrets that its functions read.
    pub(crate) fn secrets(&self) -> Arc<dyn Secrets> {
        Arc::new(AwsSecrets::new(&self.aws, Arc::new(SystemClock)))
    }
}
