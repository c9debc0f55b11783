//! Claims: nobody is stuck for ever, and no two act.

mod common;

use common::at;
use nokube_domain::claim::{HOLDS_FOR, Lost, OPENS_AFTER, lost, still_holds};

#[test]
fn who_lost_a_claim_waits_a_minute_and_then_tries_the_next() {
    let table = [
        (None, 0, Lost::NoteAndWait),
        (Some(0), 0, Lost::Wait),
        (Some(0), OPENS_AFTER - 1, Lost::Wait),
        (Some(0), OPENS_AFTER, Lost::NextGeneration),
        (Some(0), 86_400, Lost::NextGeneration),
        (Some(50), 0, Lost::Wait), // The clock of whoever noted it is ahead of ours.
    ];
    for (met, now, expected) in table {
        assert_eq!(lost(met.map(at), at(now)), expected, "met {met:?}, now {now}");
    }
}

#[test]
fn a_holder_acts_for_half_a_minute() {
    for (now, expected) in [(0, true), (HOLDS_FOR - 1, true), (HOLDS_FOR, false), (3600, false)] {
        assert_eq!(still_holds(at(0), at(now)), expected, "after {now}");
    }
}

/// The claim opens only when its holder has long stopped acting, whenever it was first met.
#[test]
fn a_holder_and_the_next_never_act_at_once() {
    for met in 0..120 {
        for now in met..240 {
            let next = lost(Some(at(met)), at(now)) == Lost::NextGeneration;
            assert!(!(next && still_holds(at(0), at(now))), "met {met}, now {now}");
        }
    }
}
