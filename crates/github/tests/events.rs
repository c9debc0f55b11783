//! Webhook events become facts about a build, or are ignored.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{id, time};
use nokube_domain::builds::{
    Conclusion, EventSource, ImagePushed, JobState, Phase, RunKey, RunRecord, RunState,
};
use nokube_github::event::{BuilderWorkflow, Event, parse};
use serde_json::{Value, json};

fn read(name: &str, body: &Value) -> Event {
    let builder = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };
    parse(name, body.to_string().as_bytes(), &builder).unwrap()
}

/// `event` with `changes` to the fields of `event[object]`; null removes a field.
fn changed(mut event: Value, object: &str, changes: Value) -> Value {
    let fields = event[object].as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap().clone() {
        match value {
            Value::Null => fields.remove(&name),
            value => fields.insert(name, value),
        };
    }
    event
}

fn run_event(more: Value) -> Value {
    let event = json!({
        "action": "completed",
        "repository": { "id": 1, "full_name": "o/builder", "private": true },
        "workflow_run": {
            "id": 30, "run_attempt": 2, "display_title": id().run_title(),
            "path": ".github/workflows/build.yml", "status": "completed", "conclusion": "failure",
            "run_started_at": "2026-11-23T10:00:01Z", "updated_at": "2026-11-23T10:02:03Z",
            "html_url": "https://github.com/o/builder/actions/runs/30",
        },
    });
    changed(event, "workflow_run", more)
}

fn phase_of(more: Value) -> Phase {
    match read("workflow_run", &run_event(more)) {
        Event::Run { facts, .. } => facts.phase,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_event_becomes_facts_about_its_build() {
    let facts = RunState {
        started_at: Some(time("2026-11-23T10:00:01Z")),
        ended_at: Some(time("2026-11-23T10:02:03Z")),
        url: Some("https://github.com/o/builder/actions/runs/30".into()),
        ..RunState::new(Phase::Ended(Conclusion::Failure))
    };
    let key = RunKey { run_id: 30, attempt: 2 };
    let source = EventSource { repository: Some(1), has_builder_name: true };
    let expected = Event::Run { build: id(), source, key, facts };
    assert_eq!(read("workflow_run", &run_event(json!({}))), expected);

    let running = run_event(json!({ "status": "in_progress", "conclusion": null }));
    let Event::Run { facts, .. } = read("workflow_run", &running) else { panic!() };
    assert_eq!((facts.phase, facts.ended_at), (Phase::Running, None));
    let old = run_event(json!({ "run_attempt": null }));
    let Event::Run { key, .. } = read("workflow_run", &old) else { panic!() };
    assert_eq!(key.attempt, 1);
}

#[test]
fn every_status_and_conclusion_becomes_a_phase() {
    for status in ["requested", "queued", "pending", "waiting", "paused in 2030"] {
        assert_eq!(phase_of(json!({ "status": status, "conclusion": null })), Phase::Queued);
    }
    let table = [
        (json!("success"), Conclusion::Success),
        (json!("failure"), Conclusion::Failure),
        (json!("cancelled"), Conclusion::Cancelled),
        (json!("timed_out"), Conclusion::TimedOut),
        (json!("startup_failure"), Conclusion::StartupFailure),
        (json!("action_required"), Conclusion::ActionRequired),
        (json!("neutral"), Conclusion::Neutral),
        (json!("skipped"), Conclusion::Skipped),
        (json!("stale"), Conclusion::Stale),
        (json!("exploded in 2030"), Conclusion::Other),
        (json!(null), Conclusion::Other),
    ];
    for (conclusion, expected) in table {
        let phase = phase_of(json!({ "conclusion": conclusion }));
        assert_eq!(phase, Phase::Ended(expected), "{conclusion}");
    }
    let unknown_action = changed(run_event(json!({})), "repository", json!({ "new": 1 }));
    let mut unknown_action = unknown_action;
    unknown_action["action"] = json!("rescheduled");
    assert!(matches!(read("workflow_run", &unknown_action), Event::Run { .. }));
}

#[test]
fn runs_of_others_are_ignored() {
    let of = |repository: &str| {
        changed(run_event(json!({})), "repository", json!({ "full_name": repository }))
    };
    let ignored = |event: &Value| match read("workflow_run", event) {
        Event::Run { source, key, .. } => !RunRecord::new(id()).is_of_builder(source, key.run_id),
        _ => true,
    };
    assert!(ignored(&of("o/other")) && ignored(&of("evil/builder")) && ignored(&of("")));
    assert!(!ignored(&of("O/Builder")), "GitHub's names differ by more than case");
    for (path, ours) in [
        (".github/workflows/build.yml", true),
        (".github/workflows/build.yml@refs/heads/main", true),
        (".github/workflows/build.yml@refs/heads/a@b", true),
        (".github/workflows/other.yml", false),
        (".github/workflows/evil/build.yml", false),
        (".github/workflows/build.yml.evil", false),
        (".github/workflows/other.yml@build.yml", false),
        ("build.yml", false),
        ("", false),
    ] {
        assert_eq!(!ignored(&run_event(json!({ "path": path }))), ours, "{path}");
    }
    for more in [
        json!({ "path": null }),
        json!({ "display_title": null }),
        json!({ "display_title": "" }),
        json!({ "display_title": "Fix NoKube build" }),
        json!({ "display_title": format!("{} again", id().run_title()) }),
    ] {
        assert!(ignored(&run_event(more.clone())), "{more}");
    }
}

fn job_event(more: Value) -> Value {
    let event = json!({
        "action": "in_progress",
        "repository": { "full_name": "o/builder" },
        "workflow_job": {
            "id": 99, "run_id": 30, "run_attempt": 1, "name": id().job_name(),
            "status": "in_progress", "conclusion": null,
            "started_at": "2026-11-23T10:00:05Z", "completed_at": null,
            "steps": [
                { "name": "Set up job", "number": 1, "status": "completed", "conclusion": "success",
                  "started_at": "2026-11-23T10:00:05Z", "completed_at": "2026-11-23T10:00:06Z" },
                { "name": "Build", "number": 2, "status": "queued", "conclusion": null,
                  "started_at": null, "completed_at": null },
            ],
        },
    });
    changed(event, "workflow_job", more)
}

fn job_facts(more: Value) -> JobState {
    match read("workflow_job", &job_event(more)) {
        Event::Job { build, id: 99, facts, .. } if build == id() => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_says_which_steps_its_build_has_taken() {
    let facts = job_facts(json!({}));
    assert_eq!(facts.run, RunKey { run_id: 30, attempt: 1 });
    assert_eq!((facts.phase, facts.ended_at), (Phase::Running, None));
    assert_eq!(facts.started_at, Some(time("2026-11-23T10:00:05Z")));
    let steps: Vec<_> = facts.steps.iter().map(|(n, s)| (*n, s.name.as_str(), s.phase)).collect();
    let success = Phase::Ended(Conclusion::Success);
    assert_eq!(steps, [(1, "Set up job", success), (2, "Build", Phase::Queued)]);

    let queued = job_facts(json!({ "status": "queued" }));
    assert_eq!((queued.phase, queued.started_at), (Phase::Queued, None), "it has not started");
    assert_eq!(job_facts(json!({ "status": "waiting" })).phase, Phase::Queued);
    assert!(job_facts(json!({ "steps": null })).steps.is_empty());
    let long = json!([{ "name": "x".repeat(5000), "number": 1 }]);
    assert_eq!(job_facts(json!({ "steps": long })).steps[&1].name.len(), 200);
}

#[test]
fn jobs_of_others_are_ignored() {
    let elsewhere = changed(job_event(json!({})), "repository", json!({ "full_name": "o/other" }));
    let Event::Job { source, .. } = read("workflow_job", &elsewhere) else { panic!() };
    assert!(!RunRecord::new(id()).is_of_builder(source, 30));
    let unnamed = job_event(json!({ "name": "lint" }));
    assert!(matches!(read("workflow_job", &unnamed), Event::Ignored(_)));
}

fn package_event(object: &str, more: Value) -> Value {
    let version = json!({
        "id": 1, "updated_at": "2026-11-23T10:02:00Z", "created_at": "2026-11-23T10:01:59Z",
        "container_metadata": { "tag": {
            "name": id().unique_tag(), "digest": format!("sha256:{}", "d".repeat(64)),
        } },
    });
    let package = changed(
        json!({ "package": {
            "name": "Alice-myapp-frontend", "owner": { "login": "Platform" },
            "package_version": version,
        } }),
        "package",
        more,
    );
    json!({ "action": "published", object: package["package"] })
}

#[test]
fn a_package_event_says_which_digest_the_builds_tag_points_to() {
    for object in ["package", "registry_package"] {
        let digest = format!("sha256:{}", "d".repeat(64)).parse().unwrap();
        let at = time("2026-11-23T10:02:00Z");
        let package = "platform/alice-myapp-frontend".to_owned();
        let pushed = ImagePushed { at, package, digest };
        let expected = Event::ImagePushed { build: id(), pushed };
        assert_eq!(read(object, &package_event(object, json!({}))), expected);
    }
}

#[test]
fn a_package_without_a_builds_tag_is_ignored() {
    let tagged =
        |tag: Value| json!({ "package_version": { "container_metadata": { "tag": tag } } });
    let digest = format!("sha256:{}", "d".repeat(64));
    for more in [
        json!({ "package_version": null }),
        json!({ "package_version": {} }),
        json!({ "package_version": { "container_metadata": null } }),
        json!({ "package_version": { "container_metadata": {} } }),
        tagged(json!(null)),
        tagged(json!({})),
        tagged(json!({ "name": "", "digest": "" })),
        tagged(json!({ "name": "", "digest": digest })),
        tagged(json!({ "name": "latest", "digest": digest })),
        tagged(json!({ "name": id().unique_tag() })),
        tagged(json!({ "name": id().unique_tag(), "digest": "sha256:1" })),
    ] {
        let event = read("package", &package_event("package", more.clone()));
        assert!(matches!(event, Event::Ignored(_)), "{more}");
    }
}

#[test]
fn other_events_are_ignored_and_malformed_ones_rejected() {
    let builder = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };
    let read = |name, body: &str| parse(name, body.as_bytes(), &builder);
    assert_eq!(read("ping", "{}").unwrap(), Event::Ping);
    for name in ["issues", "check_run", "", "WORKFLOW_RUN", "invented in 2030"] {
        assert!(matches!(read(name, "no JSON"), Ok(Event::Ignored(_))), "{name}");
    }
    for name in ["workflow_run", "workflow_job", "package"] {
        for body in ["", "[]", "{}", "{\"repository\":{\"full_name\":\"o/builder\"}}"] {
            assert!(read(name, body).is_err(), "{name} {body}");
        }
    }
}
