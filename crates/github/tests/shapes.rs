//! An event is not lost if fields of GitHub's payload are absent, null or of another type.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{id, response, time};
use nokube_domain::builds::{Conclusion, Phase};
use nokube_github::{
    event::{BuilderWorkflow, Event, parse},
    responses::{self, WorkflowRun, jobs, runs_of_build},
};
use serde_json::{Value, json};

/// GitHub's own examples of the events in use, with a build's names.
fn examples() -> Vec<(String, Value)> {
    let events =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    let mut found = Vec::new();
    for event in events.as_array().unwrap() {
        let name = event["name"].as_str().unwrap();
        let Some(example) = event["examples"].as_array().unwrap().last() else { continue };
        let mut example = example.clone();
        match name {
            "workflow_run" => {
                example["workflow_run"]["display_title"] = id().run_title().into();
                example["workflow_run"]["path"] = ".github/workflows/build.yml".into();
            }
            "workflow_job" => {
                example["workflow_job"]["name"] = id().job_name().into();
                example["workflow_job"]["steps"] = json!([
                    { "name": "Build", "number": 1, "status": "completed", "conclusion": "success",
                      "started_at": "2026-11-23T10:00:01Z", "completed_at": "2026-11-23T10:00:02Z" },
                ]);
            }
            "package" => {
                let digest = format!("sha256:{}", "d".repeat(64));
                example["package"]["package_version"]["container_metadata"]["tag"] =
                    json!({ "name": id().unique_tag(), "digest": digest });
            }
            _ => continue,
        }
        found.push((name.to_owned(), example));
    }
    assert_eq!(found.len(), 3);
    found
}

/// The JSON pointers of everything inside `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => return,
    };
    for (name, child) in children {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        pointers(child, &pointer, found);
        found.push(pointer);
    }
}

/// Without these, the object of the event is unknown.
const REQUIRED: [&str; 7] = [
    "/workflow_run",
    "/workflow_run/id",
    "/workflow_job",
    "/workflow_job/id",
    "/workflow_job/run_id",
    "/workflow_job/name",
    "/package",
];
/// Without these, the event may be ignored, but it is accepted.
const IDENTIFYING: [&str; 7] = [
    "/workflow_run/display_title",
    "/workflow_run/path",
    "/package/name",
    "/package/owner",
    "/package/owner/login",
    "/package/package_version",
    "/package/package_version/container_metadata",
];

#[test]
fn an_event_with_a_field_that_is_absent_null_or_malformed_is_not_lost() {
    let builder = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };
    let shapes = [
        None,
        Some(Value::Null),
        Some(json!(-1)),
        Some(json!(1.5)),
        Some(json!("")),
        Some(json!("0001-01-01T00:00:00Z")),
        Some(json!(true)),
        Some(json!([])),
        Some(json!([null, 7, {}])),
        Some(json!({})),
    ];
    let mut tried = 0;
    for (name, example) in examples() {
        let mut all = Vec::new();
        pointers(&example, "", &mut all);
        for pointer in all.iter().filter(|pointer| !REQUIRED.contains(&pointer.as_str())) {
            for shape in &shapes {
                let mut changed = example.clone();
                match shape {
                    Some(shape) => *changed.pointer_mut(pointer).unwrap() = shape.clone(),
                    None => {
                        let (parent, field) = pointer.rsplit_once('/').unwrap();
                        match changed.pointer_mut(parent).unwrap() {
                            Value::Object(fields) => drop(fields.remove(field)),
                            _ => continue,
                        }
                    }
                }
                let context = format!("{name} {pointer}: {shape:?}");
                let event = parse(&name, changed.to_string().as_bytes(), &builder);
                let event = event.unwrap_or_else(|error| panic!("{context}: {error}"));
                let may_be_ignored = IDENTIFYING.contains(&pointer.as_str())
                    || pointer.contains("/container_metadata/tag");
                let build = match event {
                    Event::Run { build, .. }
                    | Event::Job { build, .. }
                    | Event::ImagePushed { build, .. } => Some(build),
                    Event::Ignored(_) if may_be_ignored => None,
                    other => panic!("{context}: {other:?}"),
                };
                assert!(build.is_none_or(|build| build == id()), "{context}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn an_implausible_time_counts_as_absent() {
    let run = |field: &str, value: Value| {
        let mut run = json!({
            "id": 30, "status": "completed", "conclusion": "success",
            "run_started_at": "2026-11-23T10:00:01Z", "updated_at": "2026-11-23T10:00:09Z",
        });
        run[field] = value;
        serde_json::from_value::<WorkflowRun>(run).unwrap().facts()
    };
    for never in
        ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "", "soon"]
    {
        assert_eq!(run("run_started_at", json!(never)).started_at, None, "{never}");
        assert_eq!(run("updated_at", json!(never)).ended_at, None, "{never}");
    }
    let with_offset = run("updated_at", json!("2026-11-23T12:00:09.123+02:00"));
    assert_eq!(with_offset.ended_at, Some(time("2026-11-23T10:00:09.123Z")));
}

#[test]
fn attempts_and_ids_near_the_end_of_their_range_are_read() {
    for (attempt, expected) in [
        (json!(4_294_967_295_u32), u32::MAX),
        (json!(4_294_967_296_u64), u32::MAX),
        (json!(u64::MAX), u32::MAX),
        (json!(0), 1),
        (json!(-1), 1),
        (json!("2"), 1),
    ] {
        let run = json!({ "id": i64::MAX, "run_attempt": attempt, "status": "queued" });
        let key = serde_json::from_value::<WorkflowRun>(run).unwrap().key();
        assert_eq!((key.run_id, key.attempt), (i64::MAX as u64, expected), "{attempt}");
    }
}

#[test]
fn an_unreadable_item_does_not_hide_the_others() {
    let run = json!({ "id": 5, "display_title": id().run_title(), "status": "queued" });
    let runs = json!({ "workflow_runs": [null, { "id": "x" }, run] });
    let found = runs_of_build(&response(200, &[], &runs.to_string()), id()).unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [5]);

    let job = json!({
        "id": 99, "run_id": 5, "name": id().job_name(), "status": "completed",
        "conclusion": "success", "completed_at": null,
        "steps": [{ "number": "x" }, { "number": 2, "status": "completed", "conclusion": "skipped" }],
    });
    let list = json!({ "jobs": [{}, job] });
    let found = jobs(&response(200, &[], &list.to_string()), id()).unwrap();
    let job = &found.jobs[&99];
    assert_eq!(job.phase, Phase::Ended(Conclusion::Success));
    assert_eq!(job.steps.keys().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn an_unfinished_job_has_no_end() {
    let job = json!({
        "id": 99, "run_id": 5, "name": id().job_name(), "status": "in_progress",
        "started_at": "2026-11-23T10:00:05Z", "completed_at": "2026-11-23T10:00:05Z",
    });
    let list = json!({ "jobs": [job] }).to_string();
    assert_eq!(jobs(&response(200, &[], &list), id()).unwrap().jobs[&99].ended_at, None);
}

#[test]
fn only_the_visibility_of_a_repository_is_required() {
    let odd = json!({
        "private": false, "id": "x", "full_name": "no slash", "default_branch": 7, "archived": null,
    });
    let found: responses::Repository = serde_json::from_value(odd).unwrap();
    assert!(!found.private && found.id.is_none() && found.full_name.is_none() && !found.archived);
    let whole = json!({
        "private": true, "id": 7, "full_name": "acme/shop", "default_branch": "trunk", "archived": true,
    });
    let found: responses::Repository = serde_json::from_value(whole).unwrap();
    assert_eq!((found.id, found.default_branch.as_deref()), (Some(7), Some("trunk")));
    assert_eq!(found.full_name.unwrap().to_string(), "acme/shop");
}
