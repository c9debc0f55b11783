//! What goes wrong in a store. Components see the text.

use thiserror::Error;

/// As in Spin: larger values are not handed to a component. Bytes.
pub(crate) const RESULT_LIMIT: usize = 128 << 20;

#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("key-value store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("key-value store: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("the value of {0:?} is not a counter (8 bytes)")]
    NotACounter(String),
    #[error("the counter {0:?} would exceed 64 bits")]
    Overflow(String),
    #[error("query result exceeds limit of {RESULT_LIMIT} bytes")]
    TooLarge,
    #[error("key-value store: {0}")]
    Task(#[from] tokio::task::JoinError),
}
