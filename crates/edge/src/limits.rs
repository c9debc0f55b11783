//! How often a caller may do what costs something outside: a read and an increment for each such
//! request, the read alone beyond the limit.

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

/// Counts a request of somebody. Callers who have not been identified are counted by address, or by what
/// else they are known by.
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
    let counter = Counter::limit(limited.key(), &who, window(second));
    // Beyond the limit a request costs a read: a write each would be what an attacker wants.
    let before = store.count(&counter).await?;
    let nth = if before >= most { before.saturating_add(1) } else { store.increment(&counter)? };
    Ok(check(nth, most, second)?)
}

/// The part of an address that one customer of a network has: of IPv6 the first 64 bits.
fn network(address: &str) -> String {
    // IPv4 behind a socket of both kinds comes as ::ffff:a.b.c.d.
    match address.parse::<std::net::IpAddr>().map(|address| address.to_canonical()) {
        Ok(std::net::IpAddr::V4(four)) => four.to_string().replace('.', "-"),
        Ok(std::net::IpAddr::V6(six)) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}-{b:x}-{c:x}-{d:x}")
        }
        _ => address.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
    }
}
