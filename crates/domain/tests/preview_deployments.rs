//! What is deployed for a pull request, and when it ends.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use nokube_domain::{
    BuildId, DeploymentId, ProjectId,
    deployments::{Exposure, Revision, Spec, TargetBuild},
    previews::{
        CurrentPreview, PreviewGoal, PreviewMode, PreviewOf, PreviewSettings, PreviewStep,
        last_preview_step, next_preview_step, preview_goal, preview_secrets, preview_spec,
    },
    pushes::PushRecord,
};
use serde_json::{Value, json};

const AT: &str = "2026-11-29T10:00:00Z";

fn build(number: u32) -> BuildId {
    BuildId::new(ProjectId(1), number, 5)
}

/// The newest record of a pull request with a target.
fn record(outcome: &str, place: Option<u32>) -> PushRecord {
    let head = json!({ "sha": "a".repeat(40), "subject": "A change" });
    serde_json::from_value(json!({
        "number": 3, "at": AT, "repository_id": 9, "since": 0, "branch": "refs/pull/7/head",
        "outcome": outcome, "head": head, "target": { "base": 0, "number": 1, "commit": head },
        "preview_place": place,
    }))
    .unwrap()
}

fn spec(more: &Value) -> Spec {
    let mut spec = json!({
        "service": "web", "display_name": "web", "description": null, "kind": "web",
        "exposure": { "external": { "at": "own_host", "https": true } },
        "container_port": 80, "service_port": 80, "replicas": 3,
        "cpu": { "request": "100m", "limit": "500m" },
        "memory": { "request": "128Mi", "limit": "512Mi" },
        "variables": { "PASSWORD": "of production" }, "health": null, "volume": null, "scaling": null,
    });
    for (name, value) in more.as_object().unwrap() {
        spec[name] = value.clone();
    }
    serde_json::from_value(spec).unwrap()
}

/// The newest revision of the preview: it deploys this build, or `None`: it was deleted.
fn revision(deploys: Option<u32>, is_automatic: bool) -> Revision {
    let wish = match deploys {
        None => json!({ "gone": { "volumes": true } }),
        Some(number) => json!({ "run": {
            "release": {
                "number": 1, "by": "alice", "at": AT, "variables_object": null,
                "secrets_object": null, "secrets": [],
                "image": { "name": "ghcr.io/a/b:pr-7", "digest": null, "build": build(number) },
                "spec": serde_json::to_value(spec(&json!({}))).unwrap(),
            },
            "stopped": false, "restarted_at": null, "kept": [],
        }}),
    };
    let automatic = is_automatic.then(|| json!({ "build": build(1), "based_on": 0 }));
    serde_json::from_value(json!({
        "of": DeploymentId::new(ProjectId(1), 1 << 31, 5), "number": 4, "by": "alice", "at": AT,
        "cause": if deploys.is_some() { "deploy" } else { "delete" }, "wish": wish,
        "automatic": automatic,
    }))
    .unwrap()
}

fn present(newest: Option<&Revision>) -> CurrentPreview<'_> {
    CurrentPreview { newest, last_build: None, has_lost_secrets: false }
}

#[test]
fn what_should_be_deployed_follows_from_the_newest_record() {
    use PreviewMode::{Build, Deploy};
    let kind = |mode, record: Option<&PushRecord>, is_allowed| match preview_goal(
        mode, record, is_allowed,
    ) {
        PreviewGoal::Nothing => "nothing",
        PreviewGoal::Unchanged => "unchanged",
        PreviewGoal::Target(_) => "target",
    };
    let table = [
        ("affected", "target"),
        ("draft", "target"),
        ("approval_required", "target"),
        ("closed", "nothing"),
        ("expired", "nothing"),
        ("base_branch_not_chosen", "nothing"),
        ("previews_off", "nothing"),
        ("not_a_member", "unchanged"),
        ("confirmation_required", "unchanged"),
    ];
    for (outcome, expected) in table {
        let with_place = record(outcome, Some(1));
        assert_eq!(kind(Deploy, Some(&with_place), true), expected, "{outcome}");
        assert_eq!(kind(Deploy, Some(&record(outcome, None)), true), "nothing", "{outcome}");
        assert_eq!(kind(Build, Some(&with_place), true), "nothing", "{outcome}");
    }
    assert_eq!(kind(Deploy, Some(&record("affected", Some(1))), false), "unchanged");
    assert_eq!(kind(Deploy, None, true), "nothing");
}

#[test]
fn a_build_is_deployed_unless_it_is_or_a_person_has_deleted_it() {
    let image = |number| TargetBuild::Image(build(number));
    let is_deployed =
        |present: &CurrentPreview<'_>, target| match next_preview_step(present, target) {
            PreviewStep::Deploy(automatic) => Some(automatic.based_on),
            PreviewStep::Nothing => None,
            step => panic!("{step:?}"),
        };
    assert_eq!(is_deployed(&present(None), image(1)), Some(0));
    let (of_1, deleted, ended) =
        (revision(Some(1), true), revision(None, false), revision(None, true));
    assert_eq!(is_deployed(&present(Some(&of_1)), image(1)), None);
    assert_eq!(is_deployed(&present(Some(&of_1)), image(2)), Some(4));
    let lost = CurrentPreview { has_lost_secrets: true, ..present(Some(&of_1)) };
    assert_eq!(is_deployed(&lost, image(1)), Some(4));
    let deleted = CurrentPreview { last_build: Some(build(1)), ..present(Some(&deleted)) };
    assert_eq!(is_deployed(&deleted, image(1)), None, "it comes back with the next push");
    assert_eq!(is_deployed(&deleted, image(2)), Some(4));
    assert_eq!(is_deployed(&present(Some(&ended)), image(1)), Some(4), "it was reopened");
    assert_eq!(is_deployed(&present(None), TargetBuild::NoImage), None);
    let later = next_preview_step(&present(None), TargetBuild::ImageNotShown);
    assert_eq!(later, PreviewStep::Wait);
}

#[test]
fn an_end_deletes_what_is_deployed_once() {
    assert_eq!(last_preview_step(None), PreviewStep::Nothing);
    for is_automatic in [false, true] {
        assert_eq!(last_preview_step(Some(&revision(None, is_automatic))), PreviewStep::Nothing);
        let deployed = revision(Some(1), is_automatic);
        let PreviewStep::Delete(automatic) = last_preview_step(Some(&deployed)) else {
            panic!("it stays")
        };
        // Nobody's revision of the same moment is stored again over it.
        let end = Revision { automatic: Some(automatic.ending(9)), number: 9, ..deployed };
        let by_person = |number| Revision { number, ..revision(Some(1), false) };
        assert!((1..9).all(|number| !end.overtakes(&by_person(number))));
    }
}

#[test]
fn a_preview_has_its_own_variables_and_address() {
    let settings: PreviewSettings = serde_json::from_value(json!({
        "mode": "deploy", "variables": { "MODE": "test", "KEY": "not secret" },
        "secrets": ["TOKEN", "KEY", "MISSING"],
    }))
    .unwrap();
    let of = || PreviewOf { service: "web".parse().unwrap(), pull_request: 7 };
    let service = spec(&json!({
        "exposure": { "external": { "at": { "domain": "shop.example.org" }, "https": true } },
        "scaling": { "min": 2, "max": 9, "target_cpu": 80 },
        "volume": { "size": "1Gi", "path": "/data" },
    }));
    let preview = preview_spec(&service, of(), &settings, |spec| {
        assert!(matches!(spec.exposure, Exposure::External { https: true, .. }));
        Some("https://it".into())
    });
    let variables = json!({ "MODE": "test", "KEY": "not secret", "PR_NUMBER": "7", "PREVIEW_URL": "https://it" });
    assert_eq!(serde_json::to_value(&preview.variables).unwrap(), variables);
    assert_eq!(preview.service.as_str(), "pr-7-web");
    assert_eq!((preview.replicas, &preview.scaling, &preview.volume), (1, &None, &None));
    let exposure = json!({ "external": { "at": "own_host", "https": true } });
    assert_eq!(serde_json::to_value(&preview.exposure).unwrap(), exposure);
    assert_eq!((&preview.cpu, &preview.memory), (&service.cpu, &service.memory));
    let saved = ["TOKEN", "KEY", "PRODUCTION_TOKEN"].map(String::from);
    let secrets = preview_secrets(&settings, &saved, &preview);
    assert_eq!(secrets.into_iter().collect::<Vec<_>>(), ["TOKEN"]);

    let worker = preview_spec(&spec(&json!({ "exposure": "none" })), of(), &settings, |_| None);
    assert!(!worker.variables.contains_key("PREVIEW_URL"));
}
