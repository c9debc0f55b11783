//! The rows of the storage, read and written behind the host's back.

use rusqlite::{Connection, params};
use std::path::Path;

type Row = (String, String, Vec<u8>);

const PUT: &str = "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)";

pub struct Rows(Connection);

impl Rows {
    pub fn open(storage: &Path) -> Self {
        Self(Connection::open(storage).unwrap())
    }

    pub fn all(&self) -> Vec<Row> {
        let mut all = self.0.prepare("SELECT store, key, value FROM spin_key_value").unwrap();
        let row = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        all.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// The value of a key that must be there, with the store that it is in.
    pub fn value(&self, key: &str) -> (String, Vec<u8>) {
        let one = "SELECT store, value FROM spin_key_value WHERE key = ?1";
        self.0.query_row(one, [key], |row| Ok((row.get(0)?, row.get(1)?))).expect(key)
    }

    /// Adds rows, in place of those with the same keys.
    pub fn put(&mut self, rows: impl IntoIterator<Item = Row>) {
        let transaction = self.0.transaction().unwrap();
        {
            let mut put = transaction.prepare(PUT).unwrap();
            for (store, key, value) in rows {
                put.execute(params![store, key, value]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    /// Puts these rows in place of everything.
    pub fn reset(&mut self, rows: &[Row]) {
        let transaction = self.0.transaction().unwrap();
        transaction.execute("DELETE FROM spin_key_value", []).unwrap();
        for (store, key, value) in rows {
            transaction.execute(PUT, params![store, key, value]).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// SQLite's own word on whether the file is whole: `ok`.
    pub fn integrity(&self) -> String {
        self.0.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
    }
}
