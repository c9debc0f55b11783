//! A store in an SQLite file. Table and settings are Spin's, so `spin up` in the same folder finds the data.
//! A write is on disk when it returns (rollback journal and full synchronisation, SQLite's defaults).

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::runtime::{Handle, RuntimeFlavor};
use wasmtime_wasi::async_trait;

use super::{Result, Store, StoreError, SwapResult};

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

pub(super) struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
    /// The value of the column `store`.
    label: Arc<str>,
}

impl SqliteStore {
    /// Without a path, the data is in memory.
    pub fn open(path: Option<&Path>, label: &str) -> anyhow::Result<SqliteStore> {
        let connection = match path {
            Some(path) => open_file(path).with_context(|| {
                format!("the key-value store {} cannot be opened", path.display())
            })?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(CREATE_TABLE)?;
        Ok(SqliteStore { connection: Arc::new(Mutex::new(connection)), label: label.into() })
    }

    /// Like Spin, runs `work` on this thread: the instance's other requests wait, and those of other instances
    /// that use the store wait for the connection. A locked database is an error after five seconds, which is
    /// `rusqlite`'s default.
    async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &str) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let (connection, label) = (self.connection.clone(), self.label.clone());
        let work = move || {
            // A panic rolls its transaction back, so the connection of a poisoned lock is usable.
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), &label)
        };
        match Handle::current().runtime_flavor() {
            // The only thread of a test. It must not wait for a lock that the test itself holds.
            RuntimeFlavor::CurrentThread => tokio::task::spawn_blocking(work).await?,
            _ => tokio::task::block_in_place(work),
        }
    }

    /// The same in a transaction, which an error rolls back. Like Spin's it is a deferred one: if another process
    /// writes, a transaction that has read fails at once.
    async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction, &str) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.read(|connection, label| {
            let transaction = connection.transaction()?;
            let result = work(&transaction, label)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }
}

fn open_file(path: &Path) -> anyhow::Result<Connection> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(Connection::open(path)?)
}

fn get(connection: &Connection, label: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached(GET)?.query_row([label, key], |row| row.get(0)).optional()
}

#[async_trait]
impl Store for SqliteStore {
    async fn connect(&self) -> Result<()> {
        Ok(())
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>> {
        self.read(move |connection, label| Ok(get(connection, label, &key)?)).await
    }

    async fn get_many(&self, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        self.read(move |connection, label| {
            let found = keys.into_iter().map(|key| {
                let value = get(connection, label, &key)?;
                Ok((key, value))
            });
            found.collect()
        })
        .await
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        self.write(move |transaction, label| {
            for (key, value) in pairs {
                transaction.prepare_cached(SET)?.execute(params![label, key, value])?;
            }
            Ok(())
        })
        .await
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<()> {
        self.write(move |transaction, label| {
            for key in keys {
                transaction.prepare_cached(DELETE)?.execute([label, &key])?;
            }
            Ok(())
        })
        .await
    }

    async fn exists(&self, key: String) -> Result<bool> {
        self.read(move |connection, label| {
            Ok(connection.prepare_cached(GET)?.exists([label, &key])?)
        })
        .await
    }

    async fn keys(&self) -> Result<Vec<String>> {
        self.read(|connection, label| {
            let mut statement = connection.prepare_cached(KEYS)?;
            let keys = statement.query_map([label], |row| row.get(0))?;
            Ok(keys.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// A counter is stored as 8 bytes, little-endian, like Spin's on SQLite.
    async fn increment(&self, key: String, delta: i64) -> Result<i64> {
        self.write(move |transaction, label| {
            let before = match get(transaction, label, &key)?.map(TryInto::try_into) {
                Some(Ok(bytes)) => i64::from_le_bytes(bytes),
                Some(Err(_)) => return Err(StoreError::NotACounter(key)),
                None => 0,
            };
            let Some(after) = before.checked_add(delta) else {
                return Err(StoreError::Overflow(key));
            };
            transaction.prepare_cached(SET)?.execute(params![label, key, after.to_le_bytes()])?;
            Ok(after)
        })
        .await
    }

    async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<SwapResult> {
        self.write(move |transaction, label| {
            let current = get(transaction, label, &key)?;
            if current != expected {
                return Ok(SwapResult::Conflict(current));
            }
            transaction.prepare_cached(SET)?.execute(params![label, key, value])?;
            Ok(SwapResult::Written)
        })
        .await
    }
}
