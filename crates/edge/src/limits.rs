//! How often a caller may do what costs something outside: one increment for each such request.

use crate::{
    Result,
    auth::AuthSettings,
    now,
    store::{Counter, Store},
};
use nokube_domain::{
    Person,
    limit::{Limited, check, window},
};

/// Counts a request of somebody. Callers who have not been identified are counted by address.
///
/// # Errors
/// 429 beyond the limit.
pub async fn count(limited: Limited, person: Option<&Person>, address: Option<&str>) -> Result<()> {
    let settings = AuthSettings::read().await?;
    let most = settings.limit(limited);
    if most == 0 {
        return Ok(());
    }
    let who = match person {
        Some(person) => person.key(),
        None => address.map_or_else(|| "unknown".to_owned(), network),
    };
    let second = now().as_second();
    let store = Store::open().await?;
    let nth = store.increment(&Counter::limit(limited.key(), &who, window(second)))?;
    Ok(check(nth, most, second)?)
}

/// The part of an address that one customer of a network has: of IPv6 the first 64 bits.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(six)) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}-{b:x}-{c:x}-{d:x}")
        }
        _ => address.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
    }
}
