//! The layout of the file, step by step: a file of any earlier version is brought up to date when
//! it is opened.

mod fill;

use crate::OpenError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// The scripts that lead from each version to the next; version 0 is an empty file. A step that was
/// released is never changed.
const STEPS: [&str; 9] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
    include_str!("5.sql"),
    include_str!("6.sql"),
    include_str!("7.sql"),
    include_str!("8.sql"),
    include_str!("9.sql"),
];

/// Brings the file to the present version, all steps or none.
pub(crate) fn upgrade(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::file(path, source);
    if version(connection).map_err(failed)? == STEPS.len() {
        return Ok(());
    }
    // Another process may be upgrading as well: the version that counts is the one seen under the
    // write lock.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let found = version(&transaction).map_err(failed)?;
    let Some(missing) = STEPS.get(found..) else {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: STEPS.len(),
        });
    };
    for step in missing {
        transaction.execute_batch(step).map_err(failed)?;
    }
    if found < fill::SINCE {
        fill::columns(&transaction).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", STEPS.len())
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    tracing::info!(
        from = found,
        to = STEPS.len(),
        "the data file was brought up to date"
    );
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::{STEPS, upgrade, version};
    use crate::OpenError;
    use rusqlite::Connection;
    use std::path::Path;

    fn of_version(number: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for step in &STEPS[..number] {
            connection.execute_batch(step).unwrap();
        }
        connection
            .pragma_update(None, "user_version", number)
            .unwrap();
        connection
    }

    fn layout(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            .unwrap();
        statement
            .query_map((), |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn every_earlier_version_ends_at_the_same_layout() {
        let present = layout(&of_version(STEPS.len()));
        for number in 0..=STEPS.len() {
            let mut connection = of_version(number);
            upgrade(&mut connection, Path::new("test.db")).unwrap();
            assert_eq!(layout(&connection), present, "from version {number}");
            assert_eq!(version(&connection).unwrap(), STEPS.len());
        }
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let mut connection = of_version(STEPS.len());
        connection
            .pragma_update(None, "user_version", STEPS.len() + 1)
            .unwrap();
        let error = upgrade(&mut connection, Path::new("test.db")).unwrap_err();
        assert!(matches!(error, OpenError::Newer { .. }), "{error:?}");
        assert!(error.to_string().contains("a newer orderbridge"), "{error}");
        assert_eq!(version(&connection).unwrap(), STEPS.len() + 1);
    }

    #[test]
    fn a_failing_upgrade_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE ledger (id INTEGER)")
            .unwrap();
        let error = upgrade(&mut connection, Path::new("test.db")).unwrap_err();
        assert!(matches!(error, OpenError::File { .. }), "{error:?}");
        assert_eq!(layout(&connection), ["CREATE TABLE ledger (id INTEGER)"]);
        assert_eq!(version(&connection).unwrap(), 0);
    }
}
