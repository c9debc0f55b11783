//! Revisions and what is kept of them; outcomes; a configuration can be asked for again.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod deploying;

use deploying::{asked_of, at, id, offer, release, with};
use nokube_domain::deploy::{
    Cause, Gone, LastSeen, ObjectFault, Outcome, OutcomeDoc, Remains, Revision, RevisionView, Run,
    Status, Wish, configuration,
};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value, json};

fn numbers(run: &Run) -> Vec<u32> {
    run.kept.iter().map(|kept| kept.number).collect()
}

/// What stands after these releases, in order, of which `keep` are kept.
fn after(releases: &[u32], keep: usize) -> Run {
    let mut run: Option<Run> = None;
    for number in releases {
        let more = json!({ "env_vars": { "N": number.to_string() }, "secrets": { "S": "x" } });
        run = Some(Run::next(run.as_ref(), release(*number, more), keep));
    }
    run.unwrap()
}

#[test]
fn the_newest_releases_are_kept_and_a_rollback_is_the_newest() {
    let table: [(&[u32], usize, &[u32]); 6] = [
        (&[1], 3, &[1]),
        (&[1, 2, 3], 3, &[3, 2, 1]),
        (&[1, 2, 3, 4], 3, &[4, 3, 2]),
        (&[1, 2, 3, 1], 5, &[1, 3, 2]),
        (&[1, 2, 3, 1, 5], 3, &[5, 1, 3]),
        (&[1, 2], 0, &[2]),
    ];
    for (releases, keep, kept) in table {
        assert_eq!(numbers(&after(releases, keep)), kept, "{releases:?}");
    }
    let run = after(&[1, 2, 3, 4], 2);
    assert_eq!(run.objects().collect::<Vec<_>>(), ["env-4", "secret-4", "env-3", "secret-3"]);
    let revision = |wish| Revision {
        of: id(),
        number: 9,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(9),
        cause: Cause::Deploy,
        wish,
    };
    let kept = revision(Wish::Run(Box::new(run)));
    assert_eq!([2, 3, 4, 5].map(|number| kept.keeps(number)), [false, true, true, false]);
    let gone = revision(Wish::Gone(Gone { volumes: true }));
    assert!(!gone.keeps(4) && gone.run().is_none());
    for revision in [kept, gone] {
        let text = serde_json::to_string(&revision).unwrap();
        assert_eq!(serde_json::from_str::<Revision>(&text).unwrap(), revision);
    }
}

#[test]
fn what_remains_of_a_deployment_is_known_until_the_cluster_was_told_to_the_end() {
    let told = |revision, outcome| OutcomeDoc {
        of: id(),
        revision,
        at: at(0),
        outcome,
        warnings: Vec::new(),
    };
    let revision = |wish| Revision {
        of: id(),
        number: 9,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(9),
        cause: Cause::Delete,
        wish,
    };
    let gone = |volumes| revision(Wish::Gone(Gone { volumes }));
    let done = told(9, Outcome::Applied);
    for (revision, outcome, remains) in [
        (revision(Wish::Run(Box::new(after(&[1], 2)))), Some(&done), Remains::Deployed),
        (gone(true), None, Remains::Leaving),
        (gone(true), Some(&told(8, Outcome::Applied)), Remains::Leaving),
        (gone(true), Some(&told(9, Outcome::Interrupted("away".into()))), Remains::Leaving),
        (gone(false), Some(&done), Remains::Volume),
        (gone(true), Some(&done), Remains::Nothing),
    ] {
        assert_eq!(revision.remains(outcome), remains, "{outcome:?}");
    }
}

#[test]
fn a_volume_grows_and_never_shrinks() {
    let volume = |size: &str| match size {
        "" => json!({}),
        size => json!({ "storage_size": size, "storage_path": "/data" }),
    };
    let table = [("1Gi", "2Gi", "2Gi"), ("2Gi", "1Gi", "2Gi"), ("", "1Gi", "1Gi"), ("1Gi", "", "")];
    for (before, then, expected) in table {
        let before = Run::next(None, release(1, volume(before)), 5);
        let then = Run::next(Some(&before), release(2, volume(then)), 5);
        let size = then.release.spec.volume.map(|volume| volume.size.to_string());
        assert_eq!(size.unwrap_or_default(), expected);
    }
}

#[test]
fn stopping_starting_and_restarting_change_nothing_else() {
    let run = after(&[1, 2], 5);
    let stopped = run.stopped(true);
    assert!(stopped.stopped && !stopped.stopped(false).stopped);
    assert_eq!(stopped.stopped(false), run);
    let restarted = stopped.restarted(at(50));
    assert_eq!(restarted, Run { restarted_at: Some(at(50)), ..stopped });
    let next = Run::next(Some(&restarted), release(3, json!({})), 5);
    assert!(!next.stopped, "what was stopped runs again");
    assert_eq!(next.restarted_at, Some(at(50)), "or all pods would be replaced once more");
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let word = || select(vec!["", "a", "b"]).prop_map(str::to_owned);
    let fault = (word(), option::of(word())).prop_map(|(detail, field)| ObjectFault {
        kind: "Deployment".into(),
        name: "frontend".into(),
        field,
        detail,
    });
    prop_oneof![
        word().prop_map(Outcome::Interrupted),
        (prop::collection::vec(fault, 0..2), prop::collection::vec(word(), 0..2))
            .prop_map(|(faults, stand)| Outcome::Refused { faults, stand }),
        Just(Outcome::Applied),
    ]
}

fn outcome_doc() -> impl Strategy<Value = OutcomeDoc> {
    let warnings = prop::collection::vec(select(vec!["a", "b"]).prop_map(str::to_owned), 0..2);
    (1..3_u32, 0..2_i64, outcome(), warnings).prop_map(|(revision, time, outcome, warnings)| {
        OutcomeDoc { of: id(), revision, at: at(time), outcome, warnings }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn outcomes_join(a in outcome_doc(), b in outcome_doc(), c in outcome_doc()) {
        let join = |a: &OutcomeDoc, b: &OutcomeDoc| a.clone().join(b.clone());
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a.clone());
        let both = join(&a, &b);
        prop_assert_eq!(both.revision, a.revision.max(b.revision), "the newest revision counts");
        let success = |doc: &OutcomeDoc| {
            doc.revision == both.revision && doc.outcome == Outcome::Applied
        };
        prop_assert_eq!(both.outcome == Outcome::Applied, success(&a) || success(&b));
        let text = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<OutcomeDoc>(&text).unwrap(), a);
    }
}

#[test]
fn what_was_seen_is_news_when_it_differs_or_is_a_minute_old() {
    let seen = |ready, seconds| LastSeen {
        of: id(),
        revision: 2,
        status: Status::Running,
        ready,
        total: 2,
        at: at(seconds),
    };
    let before = seen(2, 0);
    assert!(before.is_news(None));
    let table = [
        (seen(2, 0), false),
        (seen(2, 59), false),
        (seen(2, 60), true),
        (seen(1, 1), true),
        (LastSeen { revision: 3, ..seen(2, 1) }, true),
        (LastSeen { status: Status::Failed, ..seen(2, 1) }, true),
        (LastSeen { total: 3, ..seen(2, 1) }, true),
    ];
    for (now, is_news) in table {
        assert_eq!(now.is_news(Some(&before)), is_news, "{now:?}");
    }
}

/// A part of a request that is fine by itself.
fn parts() -> impl Strategy<Value = Vec<Value>> {
    let exposure = select(vec![
        json!({}),
        json!({ "exposure_type": "none" }),
        json!({ "exposure_type": "internal", "service_port": 80 }),
        json!({ "custom_path": "/shop/", "enable_https": true }),
        json!({ "custom_domain": "Shop.example.org" }),
        json!({ "service_type": "worker" }),
        json!({ "service_type": "worker", "health_check_port": 9 }),
        json!({ "service_type": "api", "enable_https": true }),
    ]);
    let scale = select(vec![
        json!({}),
        json!({ "replicas": 7 }),
        json!({ "storage_size": "0.5Gi", "storage_path": "/a b" }),
        json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 9 }),
        json!({ "cpu_request": "0.1", "cpu_limit": "2", "memory_limit": "1G" }),
    ]);
    let health = select(vec![
        json!({}),
        json!({ "health_check_enabled": false, "liveness_check_path": "/x" }),
        json!({ "liveness_check_path": "/x?y=1", "health_check_period": 3 }),
        json!({ "readiness_check_path": "/r", "health_check_port": 99, "liveness_initial_delay": 0 }),
        json!({ "health_check_timeout": 9, "health_check_failure_threshold": 1 }),
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
    fn a_configuration_can_be_asked_for_again(parts in parts()) {
        let first = release(1, merged(parts));
        let shown = serde_json::to_value(configuration(&first)).unwrap();
        let again = asked_of(&with(shown.clone()), &offer());
        let again = again.map_err(|problem| TestCaseError::fail(format!("{shown} {problem:?}")))?;
        prop_assert_eq!(&again.spec, &first.spec);
        prop_assert_eq!(again.secrets.into_keys().collect::<Vec<_>>(), first.secrets.clone());
        let second = release(2, merged([shown.clone()]));
        prop_assert_eq!(second.image.name, first.image.name);
        prop_assert_eq!(second.image.build, first.image.build);
    }
}

#[test]
fn a_kept_release_is_shown_without_its_secrets() {
    let release = release(2, json!({ "secrets": { "KEY": "s3cret" } }));
    let run = Run::next(None, release, 5);
    let revision = Revision {
        of: id(),
        number: 2,
        by: "testuser".parse().unwrap(),
        person: None,
        at: at(2),
        cause: Cause::Deploy,
        wish: Wish::Run(Box::new(run.clone())),
    };
    let view = RevisionView::new(&revision, &run.release, 2);
    assert!(view.current && !RevisionView::new(&revision, &run.release, 3).current);
    assert_eq!(view.configuration.secrets, [("KEY".to_owned(), None)].into());
    assert!(!serde_json::to_string(&(view, revision)).unwrap().contains("s3cret"));
}
