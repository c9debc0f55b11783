//! Helpers of several tests.

pub mod cut_off;
pub mod deployed_shop;
pub mod oidc_issuer;
pub mod shop;

pub use nokube_tests::browser;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Sends a request so that its rate limit has a window: the first request in a minute costs more round trips. If this
/// minute ends soon, waits for the next one first.
pub async fn begin_rate_limit_window<T>(request: impl Future<Output = T>) {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 60;
    if second >= 55 {
        tokio::time::sleep(Duration::from_secs(60 - second)).await;
    }
    request.await;
}
