//! Whether a host can be a name in public DNS.

use super::Host;

/// The top-level domains in the root zone of DNS, one a line, as of November 2026. A name below any other means
/// something inside a network only: a namespace of a cluster (`kubernetes.default`), a domain of a company
/// (`x.intranet`), an address in one of the notations that resolvers accept (`0x7f000001`). That cannot be said by
/// a list of such names, because everybody makes up their own.
///
/// <https://data.iana.org/TLD/tlds-alpha-by-domain.txt>
const TOP_LEVEL_DOMAINS: &str = include_str!("top_level_domains.txt");

/// In the root zone, but not for hosts: `home.arpa` is the domain of home networks (RFC 8375).
const INFRASTRUCTURE: &str = "arpa";

/// Whether `host`, without a port, is a name of at least two labels below a public top-level domain. What it resolves
/// to is not known: everybody can give a public name a private address, and a namespace can be named like a top-level
/// domain.
pub(super) fn is_public_host(host: &str) -> bool {
    let Ok(host) = host.parse::<Host>() else { return false };
    let top = host.as_str().rsplit('.').next().unwrap_or_default();
    top != INFRASTRUCTURE && TOP_LEVEL_DOMAINS.lines().any(|domain| domain == top)
}
