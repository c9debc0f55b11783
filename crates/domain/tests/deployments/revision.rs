//! Revisions and their retained releases, outcomes, and configurations.

use crate::fixtures::{at, id, limits, release, request_with, revision, try_parse};
use nokube_domain::deployments::{
    ApplyOutcome, Cause, Deletion, DeployedState, DesiredState, LastObservation, ObjectError,
    OutcomeRecord, RemainingObjects, Revision, RevisionView, Status, configuration, volume_stays,
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value, json};

fn retained_numbers(state: &DeployedState) -> Vec<u32> {
    state.retained.iter().map(|retained| retained.number).collect()
}

/// The state after deploying releases with these numbers in order.
fn after(releases: &[u32], max_retained: usize) -> DeployedState {
    let mut state: Option<DeployedState> = None;
    for number in releases {
        let more = json!({ "env_vars": { "N": number.to_string() }, "secrets": { "S": "x" } });
        let release = release(*number, more);
        state = Some(DeployedState::with_release(state.as_ref(), release, max_retained));
    }
    state.unwrap()
}

#[test]
fn the_newest_releases_are_retained_and_a_rollback_becomes_the_newest() {
    let table: [(&[u32], usize, &[u32]); 6] = [
        (&[1], 3, &[1]),
        (&[1, 2, 3], 3, &[3, 2, 1]),
        (&[1, 2, 3, 4], 3, &[4, 3, 2]),
        (&[1, 2, 3, 1], 5, &[1, 3, 2]),
        (&[1, 2, 3, 1, 5], 3, &[5, 1, 3]),
        (&[1, 2], 0, &[2]),
    ];
    for (releases, max_retained, expected) in table {
        assert_eq!(retained_numbers(&after(releases, max_retained)), expected, "{releases:?}");
    }
    let state = after(&[1, 2, 3, 4], 2);
    let objects: Vec<_> = state.retained_objects().collect();
    assert_eq!(objects, ["env-4", "secret-4", "env-3", "secret-3"]);
    let deployed = revision(9, Cause::Deploy, DesiredState::Deployed(Box::new(state)));
    assert_eq!([2, 3, 4, 5].map(|number| deployed.retains(number)), [false, true, true, false]);
    let deletion = Deletion { delete_volumes: true };
    let deleted = revision(9, Cause::Deploy, DesiredState::Deleted(deletion));
    assert!(!deleted.retains(4) && deleted.deployed().is_none());
    for revision in [deployed, deleted] {
        let text = serde_json::to_string(&revision).unwrap();
        assert_eq!(serde_json::from_str::<Revision>(&text).unwrap(), revision);
    }
}

#[test]
fn a_deleted_deployment_is_terminating_until_its_deletion_is_complete() {
    let record = |revision, outcome| OutcomeRecord {
        deployment_id: id(),
        revision,
        at: at(0),
        outcome,
        warnings: Vec::new(),
    };
    let revision = |desired| revision(9, Cause::Delete, desired);
    let deleted = |delete_volumes| revision(DesiredState::Deleted(Deletion { delete_volumes }));
    let complete = record(9, ApplyOutcome::Applied);
    let earlier = record(8, ApplyOutcome::Applied);
    let interrupted = record(9, ApplyOutcome::Interrupted("unreachable".into()));
    for (revision, outcome, expected) in [
        (
            revision(DesiredState::Deployed(Box::new(after(&[1], 2)))),
            Some(&complete),
            RemainingObjects::Deployed,
        ),
        (deleted(true), None, RemainingObjects::Terminating),
        (deleted(true), Some(&earlier), RemainingObjects::Terminating),
        (deleted(true), Some(&interrupted), RemainingObjects::Terminating),
        (deleted(false), Some(&complete), RemainingObjects::Volume),
        (deleted(true), Some(&complete), RemainingObjects::Nothing),
    ] {
        assert_eq!(revision.remaining_objects(outcome), expected, "{outcome:?}");
    }
}

/// The cluster may have refused to enlarge the volume, and an administrator may have enlarged it.
#[test]
fn what_counts_is_the_size_of_the_volumes_claim() {
    let table = [
        (Cause::Deploy, "2Gi", "1Gi", "2Gi"),
        (Cause::Deploy, "1Gi", "2Gi", "2Gi"),
        (Cause::Stop, "5Gi", "1Gi", "1Gi"),
        (Cause::Restart, "5Gi", "1Gi", "1Gi"),
        (Cause::Rollback, "5Gi", "1Gi", "1Gi"),
        (Cause::Rollback, "1Gi", "2Gi", "2Gi"),
    ];
    for (cause, requested, claim, expected) in table {
        let volume = json!({ "storage_size": requested, "storage_path": "/data" });
        let state = DeployedState::with_release(None, release(1, volume), 5);
        let state = state.with_volume_of_claim(&claim.parse().unwrap(), cause);
        let size = state.release.spec.volume.unwrap().size.to_string();
        assert_eq!(size, expected, "{cause}: {requested} of {claim}");
    }
    let none = DeployedState::with_release(None, release(1, json!({})), 5);
    assert_eq!(none.clone().with_volume_of_claim(&"1Gi".parse().unwrap(), Cause::Stop), none);
}

#[test]
fn a_smaller_volume_than_the_claim_is_a_warning() {
    let volume = json!({ "storage_size": "1Gi", "storage_path": "/data" });
    let spec = release(1, volume).spec;
    let warning = volume_stays(&spec, &"2Gi".parse().unwrap()).unwrap();
    assert!(warning.contains("keeps its size of 2Gi") && warning.contains("1Gi"), "{warning}");
    for claim in ["1Gi", "1024Mi", "512Mi"] {
        assert_eq!(volume_stays(&spec, &claim.parse().unwrap()), None, "{claim}");
    }
    assert_eq!(volume_stays(&release(1, json!({})).spec, &"2Gi".parse().unwrap()), None);
}

/// Deploys releases (`+5`: a new one with the number 5) and rolls back (`-`: without a number; `=2`: to release 2).
/// Returns the numbers of the releases that were deployed one after the other; 0 for a rollback without a target.
fn sequence(steps: &[&str]) -> Vec<u32> {
    let mut releases = std::collections::BTreeMap::new();
    let mut state: Option<DeployedState> = None;
    let mut deployed = Vec::new();
    for step in steps {
        let (kind, number) = step.split_at(1);
        let current = state.as_ref();
        let target = match kind {
            "+" => {
                let number = number.parse().unwrap();
                Some(release(number, json!({ "env_vars": { "N": number.to_string() } })))
            }
            "=" => releases.get(&number.parse::<u32>().unwrap()).cloned(),
            _ => {
                let current = current.unwrap();
                let number = current.release.predecessor(&current.retained);
                number.map(|number| releases[&number].clone())
            }
        };
        deployed.push(target.as_ref().map_or(0, |release| release.number));
        if let Some(release) = target {
            let next = DeployedState::with_release(current, release, 10);
            releases.insert(next.release.number, next.release.clone());
            state = Some(next);
        }
    }
    deployed
}

#[test]
fn a_rollback_without_a_number_always_goes_further_back() {
    for (steps, expected) in [
        (vec!["+1", "-"], vec![1, 0]),
        (vec!["+1", "+2", "-"], vec![1, 2, 1]),
        // 3 failed. A second rollback does not return to it.
        (vec!["+1", "+2", "+3", "-", "-", "-"], vec![1, 2, 3, 2, 1, 0]),
        // 6 was deployed while 2 was there.
        (vec!["+1", "+2", "+3", "-", "+6", "-", "-", "-"], vec![1, 2, 3, 2, 6, 2, 1, 0]),
        (vec!["+1", "+2", "+3", "=1", "-"], vec![1, 2, 3, 1, 0]),
        (vec!["+1", "+2", "+3", "=1", "+7", "-", "-"], vec![1, 2, 3, 1, 7, 1, 0]),
        (vec!["+1", "+2", "=1", "=2", "-"], vec![1, 2, 1, 2, 1]),
    ] {
        assert_eq!(sequence(&steps), expected, "{steps:?}");
    }
}

/// Older versions did not store which release was there before.
#[test]
fn a_rollback_of_an_older_release_goes_to_a_lower_number() {
    let mut state = after(&[1, 2, 4], 5);
    state.release.previous = None;
    assert_eq!(state.release.predecessor(&state.retained), Some(2));
    // What is not retained cannot be restored, and another release would be a surprise.
    state.release.previous = Some(3);
    assert_eq!(state.release.predecessor(&state.retained), None);
}

#[test]
fn stop_start_and_restart_change_nothing_else() {
    let state = after(&[1, 2], 5);
    let stopped = state.with_stopped(true);
    assert!(stopped.stopped && !stopped.with_stopped(false).stopped);
    assert_eq!(stopped.with_stopped(false), state);
    let restarted = stopped.with_restarted_at(at(50));
    assert_eq!(restarted, DeployedState { restarted_at: Some(at(50)), ..stopped });
    let next = DeployedState::with_release(Some(&restarted), release(3, json!({})), 5);
    assert!(!next.stopped, "a new release starts a stopped deployment");
    assert_eq!(next.restarted_at, Some(at(50)), "otherwise all pods would be replaced again");
}

fn outcome() -> impl Strategy<Value = ApplyOutcome> {
    let word = || select(vec!["", "a", "b"]).prop_map(str::to_owned);
    let error = (word(), option::of(word())).prop_map(|(detail, field)| ObjectError {
        kind: "Deployment".into(),
        name: "frontend".into(),
        field,
        detail,
    });
    prop_oneof![
        word().prop_map(ApplyOutcome::Interrupted),
        (prop::collection::vec(error, 0..2), prop::collection::vec(word(), 0..2))
            .prop_map(|(errors, applied)| ApplyOutcome::Rejected { errors, applied }),
        Just(ApplyOutcome::Applied),
    ]
}

fn outcome_record() -> impl Strategy<Value = OutcomeRecord> {
    let warnings = prop::collection::vec(select(vec!["a", "b"]).prop_map(str::to_owned), 0..2);
    (1..3_u32, 0..2_i64, outcome(), warnings).prop_map(|(revision, time, outcome, warnings)| {
        OutcomeRecord { deployment_id: id(), revision, at: at(time), outcome, warnings }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn merging_outcomes_is_independent_of_order_and_repetition(a in outcome_record(), b in outcome_record(), c in outcome_record()) {
        let merge = |a: &OutcomeRecord, b: &OutcomeRecord| a.clone().merge(b.clone());
        prop_assert_eq!(merge(&a, &b), merge(&b, &a));
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
        prop_assert_eq!(merge(&a, &a), a.clone());
        let both = merge(&a, &b);
        prop_assert_eq!(both.revision, a.revision.max(b.revision), "the newest revision wins");
        let is_success = |record: &OutcomeRecord| {
            record.revision == both.revision && record.outcome == ApplyOutcome::Applied
        };
        prop_assert_eq!(both.outcome == ApplyOutcome::Applied, is_success(&a) || is_success(&b));
        let text = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<OutcomeRecord>(&text).unwrap(), a);
    }
}

#[test]
fn an_observation_is_stored_if_it_differs_or_the_stored_one_is_a_minute_old() {
    let observation = |ready, seconds| LastObservation {
        deployment_id: id(),
        revision: 2,
        status: Status::Running,
        ready,
        total: 2,
        access_url: None,
        at: at(seconds),
    };
    let before = observation(2, 0);
    assert!(before.is_worth_storing(None));
    let table = [
        (observation(2, 0), false),
        (observation(2, 59), false),
        (observation(2, 60), true),
        (observation(1, 1), true),
        (LastObservation { revision: 3, ..observation(2, 1) }, true),
        (LastObservation { status: Status::Failed, ..observation(2, 1) }, true),
        (LastObservation { total: 3, ..observation(2, 1) }, true),
    ];
    for (now, expected) in table {
        assert_eq!(now.is_worth_storing(Some(&before)), expected, "{now:?}");
    }
}

/// Parts of a request that are valid independently of each other.
fn parts() -> impl Strategy<Value = Vec<Value>> {
    let exposure = select(vec![
        json!({}),
        json!({ "exposure_type": "none" }),
        json!({ "exposure_type": "internal", "service_port": 80 }),
        json!({ "custom_path": "/shop/", "enable_https": true }),
        json!({ "custom_domain": "Shop.example.org" }),
        json!({ "service_type": "worker" }),
        json!({ "service_type": "worker", "container_port": 9 }),
        json!({ "service_type": "api", "enable_https": true }),
    ]);
    let scale = select(vec![
        json!({}),
        json!({ "replicas": 7 }),
        json!({ "storage_size": "0.5Gi", "storage_path": "/a b" }),
        json!({ "enable_autoscaling": true, "min_replicas": 3, "max_replicas": 9 }),
        json!({ "command": ["sh", "-c", "exec $(A) \"$1\""], "args": ["", "b c"] }),
        json!({ "cpu_request": "0.1", "cpu_limit": "2", "memory_limit": "1G" }),
    ]);
    let health = select(vec![
        json!({}),
        json!({ "health_check_enabled": false }),
        json!({ "liveness_check_path": "/x?y=1", "health_check_period": 3 }),
        json!({ "readiness_check_path": "/r", "health_check_port": 99, "liveness_initial_delay": 0 }),
        json!({ "liveness_check_path": "/", "health_check_timeout": 9, "health_check_failure_threshold": 1 }),
    ]);
    let image = select(vec![
        json!({}),
        json!({ "image_name": "nginx" }),
        json!({ "image_name": format!("nginx:1@sha256:{}", "a".repeat(64)) }),
        json!({ "build_id": nokube_domain::BuildId::new(nokube_domain::ProjectId(7), 1, 2) }),
    ]);
    let texts = || prop::collection::btree_map("[A-Z_]{1,3}", "[^\0]{0,6}", 0..3);
    let words = (texts(), texts(), "[^\\p{Cc}]{0,9}").prop_map(|(variables, secrets, text)| {
        let secrets: serde_json::Map<_, _> = secrets
            .into_iter()
            .filter(|(name, _)| !variables.contains_key(name))
            .map(|(name, value)| (name, value.into()))
            .collect();
        json!({ "env_vars": variables, "secrets": secrets, "display_name": text, "description": text })
    });
    (exposure, scale, health, image, words).prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e])
}

fn merged(parts: impl IntoIterator<Item = Value>) -> Value {
    let maps = parts.into_iter().flat_map(|part| part.as_object().unwrap().clone());
    Value::Object(maps.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn a_configuration_parses_to_the_same_spec(parts in parts()) {
        let first = release(1, merged(parts));
        let configuration = serde_json::to_value(configuration(&first)).unwrap();
        let again = try_parse(&request_with(configuration.clone()), &limits());
        let again = again.map_err(|problem| TestCaseError::fail(format!("{configuration} {problem:?}")))?;
        prop_assert_eq!(&again.spec, &first.spec);
        prop_assert_eq!(again.secrets.into_keys().collect::<Vec<_>>(), first.secrets.clone());
        let second = release(2, merged([configuration.clone()]));
        prop_assert_eq!(second.image.name, first.image.name);
        prop_assert_eq!(second.image.build, first.image.build);
    }
}

/// Older releases accepted some values that have no effect.
#[test]
fn the_configuration_of_an_older_release_is_a_valid_request() {
    let worker = json!({ "service_type": "worker" });
    let scaled = json!({ "enable_autoscaling": true, "min_replicas": 3 });
    for more in [worker, scaled] {
        let mut old = release(1, more);
        (old.spec.service_port, old.spec.replicas) = (9000, 3);
        let configuration = serde_json::to_value(configuration(&old)).unwrap();
        try_parse(&request_with(configuration), &limits()).unwrap();
    }
}

#[test]
fn a_revision_is_shown_without_the_values_of_its_secrets() {
    let release = release(2, json!({ "secrets": { "KEY": "s3cret" } }));
    let state = DeployedState::with_release(None, release, 5);
    let revision = revision(2, Cause::Deploy, DesiredState::Deployed(Box::new(state.clone())));
    let view = RevisionView::new(&revision, &state.release, 2);
    assert!(view.current && !RevisionView::new(&revision, &state.release, 3).current);
    assert_eq!(view.configuration.secrets, [("KEY".to_owned(), None)].into());
    assert!(!serde_json::to_string(&(view, revision)).unwrap().contains("s3cret"));
}
