//! A store in an SQLite file. Table and settings are Spin's, so `spin up` in the same folder finds the data.
//! A write is on disk when it returns (rollback journal and full synchronisation, SQLite's defaults).

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::result::{StoreError, SwapResult};
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

#[derive(Clone)]
pub struct SqliteStore(Arc<Mutex<Connection>>);

const GET: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const SET: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
const KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?1";

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
)";

impl SqliteStore {
    pub fn open(path: &Path) -> Result<SqliteStore> {
        let open = || -> Result<SqliteStore> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            SqliteStore::with_connection(Connection::open(path)?)
        };
        open().with_context(|| format!("the key-value store {} cannot be opened", path.display()))
    }

    /// The data is lost when the last clone is dropped.
    pub fn in_memory() -> Result<SqliteStore> {
        SqliteStore::with_connection(Connection::open_in_memory()?)
    }

    fn with_connection(connection: Connection) -> Result<SqliteStore> {
        connection.execute_batch(CREATE_TABLE)?;
        Ok(SqliteStore(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` on a blocking thread: a write waits for the disk, and must not block other requests.
    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let connection = self.0.clone();
        tokio::task::spawn_blocking(move || {
            // A panic rolls its transaction back, so the connection of a poisoned lock is usable.
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

    /// Returns the values in the order of the keys.
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

    /// A counter is stored as 8 bytes, little-endian, like Spin's on SQLite.
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

    /// Writes only if the current value is `expected`.
    pub async fn swap(
        &self,
        store: &str,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<SwapResult, StoreError> {
        let store = store.to_string();
        self.run(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let current = get(&transaction, &store, &key)?;
            if current != expected {
                return Ok(SwapResult::Conflict(current));
            }
            transaction.prepare_cached(SET)?.execute(params![store, key, value])?;
            transaction.commit()?;
            Ok(SwapResult::Written)
        })
        .await
    }
}

fn get(connection: &Connection, store: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached(GET)?.query_row([store, key], |row| row.get(0)).optional()
}
