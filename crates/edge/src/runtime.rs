//! What the host provides besides storage and HTTP: the clock, randomness, timers and background tasks.

use crate::{
    error::{Error, Result},
    telemetry,
};
use std::pin::pin;

/// The current wall-clock time.
pub fn now() -> nokube_domain::Timestamp {
    nokube_domain::Timestamp::now()
}

/// 64 random bits from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random() -> Result<u64> {
    getrandom::u64().map_err(|error| Error::internal("no randomness", error))
}

/// Random bytes from the host's secure source.
///
/// # Errors
/// The host has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal("no randomness", error))?;
    Ok(bytes)
}

/// Waits without blocking the instance.
pub async fn sleep(milliseconds: u64) {
    spin_sdk::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}

/// Runs `task` in the background, also after the response has begun, for `milliseconds` at most. The
/// limit keeps a slow reader from holding the instance.
pub fn spawn_for(milliseconds: u64, task: impl Future<Output = ()> + 'static) {
    let task = async move {
        futures::future::select(pin!(task), pin!(sleep(milliseconds))).await;
    };
    match telemetry::current_span() {
        Some(span) => spin_sdk::wasip3::spawn(span.run(task)),
        None => spin_sdk::wasip3::spawn(task),
    }
}
