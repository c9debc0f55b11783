//! Rate limits: how many requests a caller may make within a fixed window of time.

use crate::problem::{Problem, ProblemKind};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::IpAddr;

/// Length of a window.
pub const WINDOW_SECONDS: i64 = 60;

/// What is rate-limited. Each kind has counters of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// Starting builds: each is a workflow run at GitHub.
    Builds,
    /// Changing what runs in the cluster.
    Deploys,
    /// Changing a project's members: each change writes to another person's project list.
    Members,
    /// All other changes: each stores something permanently, at least an audit log entry.
    Changes,
    /// Deleting deployments.
    Removals,
    /// Opening logs: each causes requests to GitHub or the cluster for as long as it is followed.
    Logs,
    /// Starting a sign-in.
    SignIns,
    /// OAuth callbacks. Each is a request to GitHub. Counted apart from [`Self::SignIns`], so that a flood of sign-ins
    /// does not stop one under way.
    Callbacks,
    /// Token requests of devices and with JWTs of the external issuer.
    Tokens,
    /// Everything that an authenticated caller reads, by its [`ReadCost`]. Counted in chunks: see
    /// [`crate::read_allowance`].
    Reads,
}

impl RateLimit {
    /// Its part of the counters' storage keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::Builds => "b",
            Self::Deploys => "d",
            Self::Members => "m",
            Self::Changes => "c",
            Self::Removals => "x",
            Self::Logs => "l",
            Self::SignIns => "s",
            Self::Callbacks => "r",
            Self::Tokens => "t",
            Self::Reads => "reads",
        }
    }
}

/// How much a read counts in [`RateLimit::Reads`]: one for about ten reads of the store or a request to another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadCost {
    /// Every request of the route costs the same.
    Fixed(u32),
    /// A page of a list: this, and one for each ten rows that the page may have.
    Page(u32),
    /// As [`Self::Page`], for a list with a filter. With this query parameter, rows that do not match are read too, as
    /// many as the longest page has.
    FilteredPage(u32, &'static str),
}

impl ReadCost {
    /// The query parameter that filters the list.
    pub fn filter(self) -> Option<&'static str> {
        match self {
            Self::FilteredPage(_, parameter) => Some(parameter),
            Self::Fixed(_) | Self::Page(_) => None,
        }
    }

    /// The cost of a request whose page has at most `rows`.
    pub fn of_page(self, rows: u32) -> u32 {
        match self {
            Self::Fixed(cost) => cost,
            Self::Page(cost) | Self::FilteredPage(cost, _) => {
                cost.saturating_add(rows.div_ceil(10))
            }
        }
    }
}

/// How many counters each kind has. All callers share them, so that the store does not grow with the number of callers.
/// A caller shares one with others by chance: somebody who uses up a counter stops one of 4,096 others for a minute.
const COUNTERS: u16 = 4_096;

/// Who makes a request.
#[derive(Clone, Copy, Debug)]
pub enum Client<'a> {
    /// The key of a person.
    Person(&'a str),
    /// The address of somebody who was not authenticated; `None` if it is unknown.
    Address(Option<&'a str>),
}

/// The counter of a client in the window that begins at `start`. Nobody else can tell which clients share one, as that
/// depends on a secret, and nobody shares one for longer than a window.
pub fn counter_number(secret: &str, limit: RateLimit, client: Client<'_>, start: i64) -> u16 {
    let who = match client {
        Client::Person(key) => format!("person {key}"),
        Client::Address(address) => format!("address {}", address.map_or_else(String::new, site)),
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return 0 };
    mac.update(format!("rate limit {} {start} {who}", limit.key()).as_bytes());
    let hash = mac.finalize().into_bytes();
    hash.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes) % COUNTERS)
}

/// The site of an address, which counts as one client. A site can use any of its IPv6 addresses, and providers assign up
/// to a /48 to each (RFC 6177). A dual-stack socket reports IPv4 as `::ffff:a.b.c.d`.
fn site(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}")
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// Where the window begins that contains `now` (Unix time in seconds).
pub fn window_start(now: i64) -> i64 {
    now.div_euclid(WINDOW_SECONDS) * WINDOW_SECONDS
}

/// The problem for a request above the limit of `max` in a window.
pub fn exceeded(limit: RateLimit, max: u32, now: i64) -> Problem {
    let wait = WINDOW_SECONDS - now.rem_euclid(WINDOW_SECONDS);
    let limit = match limit {
        RateLimit::Reads => {
            format!("You may read {max} times a minute; lists and deployments count several times.")
        }
        _ => format!("This may be done {max} times a minute."),
    };
    let detail = format!("{limit} Try again in {wait} seconds.");
    let wait = u32::try_from(wait).unwrap_or(60);
    Problem::new(ProblemKind::TooMany, detail).with_retry_after(wait)
}
