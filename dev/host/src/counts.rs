//! Counts of what the components used, so that a test can assert the number of round trips.

use std::fmt;
use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Totals since the start. Subtract two for what happened in between.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub $name: AtomicU64,)*
        }

        impl Counters {
            pub fn snapshot(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }

        impl Sub for Counts {
            type Output = Counts;

            fn sub(self, earlier: Counts) -> Counts {
                Counts { $($name: self.$name.saturating_sub(earlier.$name),)* }
            }
        }

        impl fmt::Display for Counts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let all = [$((stringify!($name), self.$name),)*];
                let pairs = all.map(|(name, count)| format!("{name}={count}"));
                f.write_str(&pairs.join(" "))
            }
        }
    };
}

counts! {
    /// Requests from clients, whatever the response.
    requests,
    /// Keys read. A batch counts each of its keys.
    reads,
    /// Keys written by `set`, a batch or a swap.
    writes,
    increments,
    deletes,
    exists,
    /// Listings of all keys.
    listings,
    /// Redis connections opened by `spin:redis`. What its functions read and write is counted above.
    redis_connections,
    /// Requests sent to the network.
    outbound,
    /// Requests from one component to another.
    chained,
    /// Requests that `allowed_outbound_hosts` does not allow.
    denied,
}

pub(crate) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
}
