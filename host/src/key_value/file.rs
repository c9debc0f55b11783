//! The SQLite file, with the table and the settings that Spin has: whoever
//! starts Spin in the same folder keeps the data. Every write is on the disk
//! when it returns (rollback journal, full synchronisation: SQLite's defaults).

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::Swapped;
use super::error::StoreError;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

#[derive(Clone)]
pub struct File(Arc<Mutex<Connection>>);

const GET: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const SET: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
const KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?1";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
)";

impl File {
    pub fn open(path: &Path) -> Result<File> {
        let open = || -> Result<File> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            File::with(Connection::open(path)?)
        };
        open().with_context(|| format!("the key-value store {} cannot be opened", path.display()))
    }

    /// Gone with the last that uses it.
    pub fn in_memory() -> Result<File> {
        File::with(Connection::open_in_memory()?)
    }

    fn with(connection: Connection) -> Result<File> {
        connection.execute_batch(TABLE)?;
        Ok(File(Arc::new(Mutex::new(connection))))
    }

    /// A write waits for the disk, which must not hold up other requests.
    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let connection = self.0.clone();
        tokio::task::spawn_blocking(move || {
            // A panic rolled its transaction back: the connection is as good as before.
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await?
    }

    pub async fn get(&self, store: &str, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        let store = store.to_string();
        self.run(move |connection| Ok(get(connection, &store, &key)?)).await
    }

    pub async fn set(&self, store: &str, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        self.set_many(store, vec![(key, value)]).await
    }

    pub async fn delete(&self, store: &str, key: String) -> Result<(), StoreError> {
        self.delete_many(store, vec![key]).await
    }

    pub async fn exists(&self, store: &str, key: String) -> Result<bool, StoreError> {
        let store = store.to_string();
        self.run(move |connection| Ok(connection.prepare_cached(GET)?.exists([store, key])?)).await
    }

    pub async fn keys(&self, store: &str) -> Result<Vec<String>, StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(KEYS)?;
            let keys = statement.query_map([store], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Values in the order of the keys.
    pub async fn get_many(
        &self,
        store: &str,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let found = keys.into_iter().map(|key| {
                let value = get(connection, &store, &key)?;
                Ok((key, value))
            });
            found.collect()
        })
        .await
    }

    pub async fn set_many(
        &self,
        store: &str,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (key, value) in pairs {
                transaction.prepare_cached(SET)?.execute(params![store, key, value])?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    pub async fn delete_many(&self, store: &str, keys: Vec<String>) -> Result<(), StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for key in keys {
                transaction.prepare_cached(DELETE)?.execute([&store, &key])?;
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    /// A counter is 8 bytes, little-endian, as Spin keeps it on SQLite.
    pub async fn increment(&self, store: &str, key: String, delta: i64) -> Result<i64, StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let before = match get(&transaction, &store, &key)? {
                Some(bytes) => i64::from_le_bytes(
                    bytes.try_into().map_err(|_| StoreError::NotACounter(key.clone()))?,
                ),
                None => 0,
            };
            let after =
                before.checked_add(delta).ok_or_else(|| StoreError::Overflow(key.clone()))?;
            transaction.prepare_cached(SET)?.execute(params![store, key, after.to_le_bytes()])?;
            transaction.commit()?;
            Ok(after)
        })
        .await
    }

    /// Writes only if the value is still the one that was seen.
    pub async fn swap(
        &self,
        store: &str,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<Swapped, StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let now = get(&transaction, &store, &key)?;
            if now != seen {
                return Ok(Swapped::No(now));
            }
            transaction.prepare_cached(SET)?.execute(params![store, key, value])?;
            transaction.commit()?;
            Ok(Swapped::Yes)
        })
        .await
    }
}

fn get(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached(GET)?.query_row([store, key], |row| row.get(0)).optional()
}
