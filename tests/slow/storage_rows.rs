//! Direct access to the rows of the SQLite storage, past the host.

use rusqlite::{Connection, params};
use std::path::Path;

/// Store, key, value.
type Row = (String, String, Vec<u8>);

const UPSERT: &str =
    "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)";

pub struct StorageRows(Connection);

impl StorageRows {
    pub fn open(storage: &Path) -> Self {
        Self(Connection::open(storage).unwrap())
    }

    pub fn all(&self) -> Vec<Row> {
        let mut statement = self.0.prepare("SELECT store, key, value FROM spin_key_value").unwrap();
        let row = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// The store and the value of a key that must exist.
    pub fn value(&self, key: &str) -> (String, Vec<u8>) {
        let query = "SELECT store, value FROM spin_key_value WHERE key = ?1";
        self.0.query_row(query, [key], |row| Ok((row.get(0)?, row.get(1)?))).expect(key)
    }

    /// Inserts rows; replaces those with the same keys.
    pub fn upsert(&mut self, rows: impl IntoIterator<Item = Row>) {
        let transaction = self.0.transaction().unwrap();
        {
            let mut statement = transaction.prepare(UPSERT).unwrap();
            for (store, key, value) in rows {
                statement.execute(params![store, key, value]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    /// Replaces all rows.
    pub fn replace_all(&mut self, rows: &[Row]) {
        let transaction = self.0.transaction().unwrap();
        transaction.execute("DELETE FROM spin_key_value", []).unwrap();
        for (store, key, value) in rows {
            transaction.execute(UPSERT, params![store, key, value]).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// The result of SQLite's integrity check: `ok` if the file is intact.
    pub fn check_integrity(&self) -> String {
        self.0.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
    }
}
