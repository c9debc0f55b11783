//! Errors and results of the backends.

use thiserror::Error;

/// Bytes. Like Spin, the host does not pass larger values to a component.
pub(crate) const MAX_RESULT_BYTES: usize = 128 << 20;

/// Components receive the message.
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
    #[error("query result exceeds limit of {MAX_RESULT_BYTES} bytes")]
    TooLarge,
    #[error("key-value store: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// The result of a compare-and-swap.
pub(crate) enum SwapResult {
    Written,
    /// Another writer changed the key. Contains its current value.
    Conflict(Option<Vec<u8>>),
}
