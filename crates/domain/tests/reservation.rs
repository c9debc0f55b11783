//! Reservations: nobody waits forever, and two holders never act at the same time.

use nokube_domain::{
    Timestamp,
    reservation::{Contended, LEASE_DURATION, STALE_AFTER, is_lease_valid, resolve_contention},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap_or(Timestamp::MAX)
}

#[test]
fn a_caller_without_the_lease_waits_a_minute_and_then_tries_the_next_generation() {
    let table = [
        (None, 0, Contended::RecordAndWait),
        (Some(0), 0, Contended::Wait),
        (Some(0), STALE_AFTER - 1, Contended::Wait),
        (Some(0), STALE_AFTER, Contended::NextGeneration),
        (Some(0), 86_400, Contended::NextGeneration),
        (Some(50), 0, Contended::Wait), // Recorded by a machine whose clock is ahead.
    ];
    for (first_seen, now, expected) in table {
        let actual = resolve_contention(first_seen.map(at), at(now));
        assert_eq!(actual, expected, "first seen {first_seen:?}, now {now}");
    }
}

#[test]
fn a_lease_is_valid_for_half_a_minute() {
    for (now, expected) in
        [(0, true), (LEASE_DURATION - 1, true), (LEASE_DURATION, false), (3600, false)]
    {
        assert_eq!(is_lease_valid(at(0), at(now)), expected, "after {now}");
    }
}

/// Whenever the reservation was first found without a result, its holder's lease has ended before the next
/// generation can be acquired.
#[test]
fn two_holders_never_act_at_once() {
    for first_seen in 0..120 {
        for now in first_seen..240 {
            let decision = resolve_contention(Some(at(first_seen)), at(now));
            let is_next_acquirable = decision == Contended::NextGeneration;
            let is_first_active = is_lease_valid(at(0), at(now));
            assert!(!(is_next_acquirable && is_first_active), "first seen {first_seen}, now {now}");
        }
    }
}
