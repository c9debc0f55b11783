//! Why a push built a service, or did not.

use crate::fixtures::{commit, head, linked, look, look_for, next, sha, skipped_head};
use nokube_domain::{
    BuildId, ProjectId,
    pushes::{Decision, Finding, PushList, PushOutcome, PushRecord, TargetBuild, TargetKey},
};
use std::collections::BTreeMap;

fn build(n: u32) -> TargetBuild {
    let id = BuildId::new(ProjectId(1), n, 7);
    TargetBuild { id, waits_for_capacity: false, is_superseded: false }
}

fn decisions(
    records: &[PushRecord],
    builds: impl IntoIterator<Item = (TargetKey, TargetBuild)>,
) -> Vec<(Decision, Option<BuildId>)> {
    let builds: BTreeMap<_, _> = builds.into_iter().collect();
    let list = PushList::new(records, &builds);
    list.pushes.iter().map(|push| (push.decision, push.build_id)).collect()
}

#[test]
fn each_push_says_what_followed_from_it() {
    let second = next(look_for(2, 1, 2), Some(&linked(1)), head(2), true);
    let third = next(look_for(3, 2, 3), Some(&second), head(4), true);
    let fourth = next(look_for(4, 3, 4), Some(&third), head(4), true);
    let fifth = next(look_for(5, 4, 5), Some(&fourth), head(5), false);
    let sixth = next(look_for(6, 5, 6), Some(&fifth), skipped_head(6), true);
    let problem = Finding::Problem(PushOutcome::Blocked);
    let seventh = next(look_for(7, 6, 7), Some(&sixth), problem, true);
    let builds = [((1, sha(2)), build(1)), ((2, sha(4)), build(2))];
    let records = [seventh, sixth, fifth, fourth, third, second, linked(1)];
    let shown = decisions(&records, builds);
    assert_eq!(
        shown,
        [
            (Decision::Blocked, None),
            (Decision::Skipped, None),
            (Decision::NotAffected, None),
            // Its commit was the head already when the push before was looked at, which is not built itself.
            (Decision::Built, Some(build(2).id)),
            (Decision::Superseded, Some(build(2).id)),
            (Decision::Built, Some(build(1).id)),
        ]
    );
    let list = PushList::new(&records, &BTreeMap::new());
    let third = &list.pushes[4];
    assert_eq!((&third.commit, &third.head), (&Some(commit(3)), &Some(commit(4))));
    assert_eq!(third.sender.as_deref(), Some("testuser"));
}

#[test]
fn a_build_that_waits_or_was_replaced_says_so() {
    let second = next(look(2), Some(&linked(1)), head(2), true);
    let third = next(look(3), Some(&second), head(3), true);
    let records = [third, second];
    let waiting = TargetBuild { waits_for_capacity: true, ..build(2) };
    let replaced = TargetBuild { is_superseded: true, ..build(1) };
    assert_eq!(
        decisions(&records, [((1, sha(2)), replaced), ((2, sha(3)), waiting)]),
        [
            (Decision::WaitingForCapacity, Some(waiting.id)),
            (Decision::Superseded, Some(replaced.id)),
        ]
    );
    // The newest is about to be built; an older one without a build never will.
    assert_eq!(decisions(&records, []), [(Decision::Built, None), (Decision::Superseded, None)]);
}

#[test]
fn an_event_that_was_processed_again_is_shown_once() {
    let first = next(look_for(2, 9, 2), Some(&linked(1)), head(2), true);
    let again = next(look_for(3, 9, 2), Some(&first), head(2), true);
    let other = next(look_for(4, 10, 2), Some(&again), head(2), true);
    let shown = decisions(&[other, again, first, linked(1)], []);
    assert_eq!(shown, [(Decision::Unchanged, None), (Decision::Built, None)]);

    let many: Vec<_> = (2..50).rev().map(|n| next(look(n), None, head(n), true)).collect();
    assert_eq!(decisions(&many, []).len(), 20);
}

#[test]
fn a_push_that_a_read_has_found_before_its_event_is_shown_once() {
    let found = next(look(2), Some(&linked(1)), head(2), true);
    let event = next(look_for(3, 9, 2), Some(&found), head(2), true);
    let builds = [((1, sha(2)), build(1))];
    assert_eq!(
        decisions(&[event.clone(), found.clone(), linked(1)], builds.clone()),
        [(Decision::Built, Some(build(1).id))]
    );
    // GitHub sends the event again.
    let again = next(look_for(4, 10, 2), Some(&event), head(2), true);
    assert_eq!(
        decisions(&[again, event, found, linked(1)], builds),
        [(Decision::Unchanged, Some(build(1).id)), (Decision::Built, Some(build(1).id))]
    );
}

#[test]
fn only_the_last_of_pushes_whose_events_come_in_any_order_is_built() {
    // All were pushed before the first event was processed, which is that of the last push.
    let last = next(look_for(2, 9, 5), Some(&linked(1)), head(5), true);
    let first = next(look_for(3, 8, 3), Some(&last), head(5), true);
    let second = next(look_for(4, 7, 4), Some(&first), head(5), true);
    let shown = decisions(&[second, first, last, linked(1)], [((1, sha(5)), build(1))]);
    let expected = [Decision::Superseded, Decision::Superseded, Decision::Built];
    let shown: Vec<_> = shown.into_iter().map(|(decision, _)| decision).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_push_whose_event_comes_after_the_next_push_links_its_own_build() {
    let found = next(look(2), Some(&linked(1)), head(2), true);
    // The event of the first push is processed after the second one.
    let event = next(look_for(3, 9, 2), Some(&found), head(3), true);
    let builds = [((1, sha(2)), build(1)), ((2, sha(3)), build(2))];
    let replaced = TargetBuild { is_superseded: true, ..build(1) };
    let records = [event, found, linked(1)];
    assert_eq!(decisions(&records, builds.clone()), [(Decision::Built, Some(build(1).id))]);
    let builds = [((1, sha(2)), replaced), builds[1].clone()];
    assert_eq!(decisions(&records, builds), [(Decision::Superseded, Some(build(1).id))]);
}
