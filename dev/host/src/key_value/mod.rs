//! Key-value stores: what a backend does, the backends, and the two WIT interfaces to them.

mod bucket;
mod open;
mod redis;
mod spin;
mod sqlite;
mod wasi;

use thiserror::Error;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::async_trait;

pub(crate) use bucket::MAX_RESULT_BYTES;
pub use bucket::{Bucket, Cas};
pub(crate) use open::open_stores;

/// Components receive the message.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("access denied")]
    AccessDenied,
    #[error("key-value store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("key-value store: {0}")]
    Redis(#[from] ::redis::RedisError),
    #[error("the value of {0:?} is not a counter (8 bytes)")]
    NotACounter(String),
    #[error("the counter {0:?} would exceed 64 bits")]
    Overflow(String),
    #[error("query result exceeds limit of {} bytes", bucket::MAX_RESULT_BYTES)]
    TooLarge,
    #[error("list-keys returns all keys at once and has no cursors")]
    NoCursors,
    #[error("key-value store: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// Ends the instance.
    #[error("{0}")]
    Trap(#[from] ResourceTableError),
}

type Result<T> = std::result::Result<T, StoreError>;

/// The result of a compare-and-swap.
pub enum SwapResult {
    Written,
    /// Another writer changed the key. Contains its current value.
    Conflict(Option<Vec<u8>>),
}

/// What stores the keys and values.
#[async_trait]
pub trait Store: Send + Sync {
    /// Connects to the server, if there is one.
    async fn connect(&self) -> Result<()>;

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>>;

    /// Returns every key, in the order of `keys`.
    async fn get_many(&self, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>>;

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<()>;

    async fn delete_many(&self, keys: Vec<String>) -> Result<()>;

    async fn exists(&self, key: String) -> Result<bool>;

    async fn keys(&self) -> Result<Vec<String>>;

    async fn increment(&self, key: String, delta: i64) -> Result<i64>;

    /// Writes only if the current value is `expected`.
    async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<SwapResult>;
}
