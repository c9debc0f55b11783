//! What one reader has observed, and whom it serves.

use crate::fixtures::{at, digest, id};
use nokube_domain::{
    cache::{CacheEntry, Freshness},
    deployments::{
        ConditionView, ErrorCode, Issue, KnownRevision, Observation, ObservedState, PodView,
        Progress, Reachable, Rollout,
    },
    window::Window,
};
use serde_json::{Value, json};

fn known(revision: u32, outcome_at: Option<i64>) -> KnownRevision {
    KnownRevision { deployment_id: id(), revision, outcome_at: outcome_at.map(at) }
}

fn pod(number: usize) -> PodView {
    let issue = Issue::permanent(ErrorCode::Crash, "It crashed.", "Look at its log.");
    PodView {
        name: format!("frontend-{number}"),
        phase: "Running".into(),
        ready: false,
        current: true,
        restarts: 3,
        reason: Some("CrashLoopBackOff".into()),
        code: Some("crash".into()),
        message: None,
        started_at: Some(at(1)),
        issues: if number < 300 { Vec::new() } else { vec![issue.with_detail("exit 1")] },
    }
}

fn rollout(progress: Progress) -> Rollout {
    let issue = |n| Issue::temporary(ErrorCode::NotReady, format!("Pod {n} waits."), "Wait.");
    Rollout {
        revision: 4,
        progress,
        ready: 1,
        current_ready: 1,
        total: 3,
        starting_since: Some(at(2)),
        has_lost_pod: false,
        pods: (0..400).map(pod).collect(),
        conditions: vec![ConditionView {
            r#type: "Available".into(),
            status: "True".into(),
            reason: String::new(),
            message: String::new(),
        }],
        issues: (0..80).map(issue).collect(),
        reachable: Reachable::Unknown,
        digest: Some(digest('d')),
    }
}

fn observation(state: ObservedState) -> Observation {
    Observation { known: known(4, Some(10)), at: at(20), state }
}

#[test]
fn it_serves_only_those_who_know_of_no_later_change() {
    let read = known(4, Some(10));
    for (other, expected) in [
        (known(4, Some(10)), true),
        (known(4, None), true),
        (known(3, Some(99)), true),
        (known(4, Some(11)), false),
        (known(4, Some(9)), false),
        (known(5, None), false),
    ] {
        assert_eq!(read.includes(&other), expected, "{other:?}");
    }
    assert!(!known(4, None).includes(&read), "it was read before the revision was applied");
    let other_deployment = nokube_domain::DeploymentId::new(id().project, id().number, 99);
    assert!(!read.includes(&KnownRevision { deployment_id: other_deployment, ..read }));
}

#[test]
fn it_is_fresh_for_the_quiet_time_and_during_a_rollout_for_a_second() {
    use Freshness::{Expired, Fresh, Stale};
    let present = |progress| observation(ObservedState::Present(Box::new(rollout(progress))));
    let finished = [
        present(Progress::Done),
        present(Progress::Overdue),
        observation(ObservedState::Absent),
        observation(ObservedState::Unreachable("It does not answer.".into())),
    ];
    let ages = |observation: &Observation| {
        [20, 21, 22, 23, 24, 25].map(|now| observation.freshness(&known(4, Some(10)), at(now), 2))
    };
    for observation in &finished {
        assert_eq!(ages(observation), [Fresh, Fresh, Stale, Stale, Expired, Expired]);
        assert_eq!(observation.freshness(&known(5, None), at(20), 2), Expired);
    }
    for progress in [Progress::Unobserved, Progress::Rolling, Progress::Incomplete] {
        assert_eq!(ages(&present(progress)), [Fresh, Stale, Stale, Expired, Expired, Expired]);
    }
    let applied_later = Observation { known: known(6, None), ..present(Progress::Done) };
    assert_eq!(applied_later.freshness(&known(5, None), at(21), 2), Stale, "not rolled out yet");
}

#[test]
fn what_is_from_the_future_by_another_hosts_clock_ages_too() {
    assert_eq!(Freshness::of(at(11), at(10), 2), Freshness::Fresh);
    assert_eq!(Freshness::of(at(3_600), at(10), 2), Freshness::Expired);
}

#[test]
fn it_is_stored_with_a_limited_number_of_pods_and_issues_and_read_again() {
    let state = ObservedState::Present(Box::new(rollout(Progress::Incomplete))).limited();
    let ObservedState::Present(limited) = &state else { panic!() };
    assert_eq!((limited.pods.len(), limited.issues.len()), (100, 50));
    assert!(limited.pods.iter().all(|pod| pod.name > "frontend-299".into()), "those with issues");
    for state in [state, ObservedState::Absent, ObservedState::Unreachable("No.".into())] {
        let entry = CacheEntry::new(Window::first(), &observation(state.clone())).unwrap();
        let stored: CacheEntry =
            serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
        assert_eq!(CacheEntry::value(Some(&stored)), Some(observation(state)));
    }
    let listed = ObservedState::Present(Box::new(rollout(Progress::Done))).without_pods();
    let ObservedState::Present(listed) = listed else { panic!() };
    assert!(listed.pods.is_empty() && listed.conditions.is_empty());
}

#[test]
fn what_another_release_has_stored_in_another_form_is_read_again_by_the_same_turns() {
    let mut stored = serde_json::to_value(observation(ObservedState::Absent)).unwrap();
    stored["state"] = json!({ "paused": true });
    let turn = Window::first().successor(7);
    let entry = CacheEntry::new(turn, &stored).unwrap();
    assert_eq!(CacheEntry::value::<Observation>(Some(&entry)), None);
    assert_eq!(CacheEntry::turn(Some(&entry)), turn);
    assert_eq!(CacheEntry::value::<Value>(Some(&entry)), Some(stored));
}

/// Each turn has one first, whatever its counter and those of other turns had counted before.
#[test]
fn turns_use_four_counters_again() {
    let mut counters = [0_i64; 4];
    let mut turn = Window::first();
    for readers in [1, 3, 1, 100, 2, 7, 1, 1, 50] {
        let slot = usize::try_from(turn.slot()).unwrap();
        let positions = (0..readers).map(|_| {
            counters[slot] += 1;
            turn.position(counters[slot])
        });
        assert_eq!(positions.filter(|position| *position == 1).count(), 1);
        let slot = usize::try_from(Window::slot_to_read(Some(turn))).unwrap();
        turn = turn.successor(counters[slot]);
    }
}
