//! Rate limits. Each counted request costs a read and an increment; beyond the limit only the read.

use crate::{
    auth::AuthSettings,
    error::Result,
    host::now,
    store::{Counter, Store},
};
use nokube_domain::{
    Person,
    rate_limit::{RateLimit, check, window_index},
};
use std::net::IpAddr;

/// Counts a request. Callers who were not authenticated are counted by `client`: their address, or
/// something else that identifies them.
///
/// # Errors
/// 429 beyond the limit.
pub async fn count_request(
    limit: RateLimit,
    person: Option<&Person>,
    client: Option<&str>,
) -> Result<()> {
    let settings = AuthSettings::load().await?;
    let max = settings.max_per_minute(limit);
    if max == 0 {
        return Ok(());
    }
    let who = match person {
        Some(person) => person.key(),
        None => client.map_or_else(|| "unknown".to_owned(), client_key),
    };
    let second = now().as_second();
    let store = Store::open().await?;
    let counter = Counter::rate_limit(limit.key(), &who, window_index(second));
    // No increment beyond the limit: an attacker should not be able to cause a write with each request.
    let before = store.count(&counter).await?;
    let nth =
        if before >= max { before.saturating_add(1) } else { store.increment(&counter).await? };
    Ok(check(nth, max, second)?)
}

/// The client's part of a store key. All IPv6 addresses with the same first 64 bits count as one client, because
/// providers assign at least a /64 to each customer.
fn client_key(client: &str) -> String {
    // A dual-stack socket reports IPv4 as ::ffff:a.b.c.d.
    match client.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string().replace('.', "-"),
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}-{b:x}-{c:x}-{d:x}")
        }
        _ => client.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
    }
}
