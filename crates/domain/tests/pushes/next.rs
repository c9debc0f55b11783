//! What one look at a branch says, after another.

use crate::fixtures::{
    commit, files, globs, head, linked, look, look_for, next, sha, skipped_head, watched,
};
use nokube_domain::pushes::{Comparison, Finding, PushOutcome, PushRecord};
use std::collections::BTreeSet;

#[test]
fn a_push_is_compared_with_the_head_that_was_seen_last() {
    let first = linked(1);
    assert_eq!((first.outcome, &first.target), (PushOutcome::Linked, &None));
    let found = head(2);
    assert_eq!(found.comparison(Some(&first)), Some((&sha(1), &sha(2))));
    let second = next(look(2), Some(&first), head(2), true);
    let target = second.own_target().unwrap();
    assert_eq!((second.outcome, target.key()), (PushOutcome::Affected, (1, sha(2))));
    assert_eq!(target.previous, None);
    // A push that does not concern the service leaves the target as it is.
    let third = next(look(3), Some(&second), head(3), false);
    assert_eq!((third.outcome, third.base), (PushOutcome::NotAffected, Some(2)));
    assert_eq!((&third.target, third.own_target()), (&second.target, None));
    assert_eq!(third.head, Some(commit(3)));
    assert_eq!(head(4).comparison(Some(&third)), Some((&sha(3), &sha(4))));
    let fourth = next(look(4), Some(&third), head(4), true);
    assert_eq!(fourth.target.unwrap().previous, Some((1, sha(2))));
}

#[test]
fn a_head_that_was_seen_needs_no_comparison() {
    let second = next(look(2), Some(&linked(1)), head(2), true);
    assert_eq!(head(2).comparison(Some(&second)), None);
    let third = next(look_for(3, 1, 2), Some(&second), head(2), true);
    assert_eq!((third.outcome, &third.target), (PushOutcome::Unchanged, &second.target));
    assert!(!head(2).is_news(Some(&second)));
    assert!(head(3).is_news(Some(&second)) && head(2).is_news(None));
}

#[test]
fn a_force_push_back_to_an_old_commit_is_a_new_target() {
    let old = next(look(2), Some(&linked(1)), head(2), true);
    let new = next(look(3), Some(&old), head(3), true);
    let back = PushRecord::next(look(4), Some(&new), head(2), &Comparison::Everything, &watched());
    let (old, back) = (old.target.unwrap(), back.target.unwrap());
    assert_eq!(old.commit, back.commit);
    assert_ne!(old.key(), back.key());
    assert_eq!(back.previous, Some((2, sha(3))));
}

#[test]
fn everything_is_affected_if_nobody_knows_what_changed() {
    let alone = next(look(2), None, head(2), false);
    assert_eq!((alone.outcome, alone.target.unwrap().base), (PushOutcome::Affected, 0));
    let base = linked(1);
    for (comparison, outcome) in [
        (Comparison::Everything, PushOutcome::Affected),
        (Comparison::Same, PushOutcome::NotAffected),
        (files(&[]), PushOutcome::NotAffected),
        (files(&["docs/a", "frontend"]), PushOutcome::Affected),
        (files(&["frontend2/a", "a/frontend/b"]), PushOutcome::NotAffected),
    ] {
        let record = PushRecord::next(look(2), Some(&base), head(2), &comparison, &watched());
        assert_eq!(record.outcome, outcome, "{comparison:?}");
    }
    let only_docs = PushRecord::next(
        look(2),
        Some(&base),
        head(2),
        &files(&["docs/a.md"]),
        &globs(&["docs/**"]),
    );
    assert_eq!(only_docs.outcome, PushOutcome::Affected);
}

#[test]
fn what_a_skipped_commit_changed_is_built_with_the_next_push() {
    let built = next(look(2), Some(&linked(1)), head(2), true);
    let skipped = next(look(3), Some(&built), skipped_head(3), true);
    assert_eq!(skipped_head(3).comparison(Some(&built)), None);
    assert_eq!((skipped.outcome, &skipped.target), (PushOutcome::Skipped, &built.target));
    assert_eq!(skipped.head, Some(commit(3)));
    assert!(!skipped_head(3).is_news(Some(&skipped)));
    let again = next(look(4), Some(&skipped), skipped_head(3), true);
    assert_eq!(again.outcome, PushOutcome::Unchanged);
    let skipped = next(look(5), Some(&again), skipped_head(5), true);
    let later = head(6);
    assert_eq!(later.comparison(Some(&skipped)), Some((&sha(2), &sha(6))));
    let later = next(look(6), Some(&skipped), later, true);
    assert_eq!(later.target.clone().unwrap().commit, commit(6));
    assert_eq!(head(7).comparison(Some(&later)), Some((&sha(6), &sha(7))));
}

#[test]
fn a_problem_hides_no_push() {
    let built = next(look(2), Some(&linked(1)), head(2), true);
    let lost = next(look_for(3, 1, 3), Some(&built), Finding::Problem(PushOutcome::NoAccess), true);
    assert_eq!((&lost.head, &lost.target), (&built.head, &built.target));
    assert!(lost.outcome.is_problem());
    // A look without an event says it once.
    assert!(!Finding::Problem(PushOutcome::NoAccess).is_news(Some(&lost)));
    assert!(Finding::Problem(PushOutcome::Blocked).is_news(Some(&lost)));
    assert!(Finding::Problem(PushOutcome::NoAccess).is_news(Some(&built)));
    // What was pushed meanwhile is found when the problem is solved, and that it is solved is news too.
    assert!(head(2).is_news(Some(&lost)));
    let solved = next(look(4), Some(&lost), head(2), true);
    assert_eq!((solved.outcome, &solved.target), (PushOutcome::Unchanged, &built.target));
    let found = head(4);
    assert_eq!(found.comparison(Some(&lost)), Some((&sha(2), &sha(4))));
    assert_eq!(next(look(4), Some(&lost), found, true).target.unwrap().commit, commit(4));
}

#[test]
fn two_looks_that_are_compared_with_the_same_record_want_one_build() {
    let base = linked(1);
    let keys: BTreeSet<_> = (2..12)
        .map(|number| next(look(number), Some(&base), head(9), true).target.unwrap().key())
        .collect();
    assert_eq!(keys.len(), 1);
}

#[test]
fn a_record_is_the_same_after_it_was_stored() {
    let base = next(look_for(2, 5, 2), Some(&linked(1)), head(2), true);
    let skipped = next(look_for(3, 6, 3), Some(&base), skipped_head(3), true);
    for record in [linked(1), base, skipped] {
        let mut json = serde_json::to_value(&record).unwrap();
        assert_eq!(serde_json::from_value::<PushRecord>(json.clone()).unwrap(), record);
        // A newer release may have added a field.
        json["later"] = serde_json::json!({ "a": 1 });
        let read: PushRecord = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }
}
