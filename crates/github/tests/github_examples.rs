//! Every example payload that GitHub has published is parsed without an error.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use nokube_domain::builds::{Conclusion, Phase};
use nokube_github::{
    event::{BuilderWorkflow, Event, is_repository_event, parse},
    json_filter::JsonFilter,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn githubs_own_examples_are_parsed() {
    let mut parsed = BTreeMap::new();
    for place in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let events =
            nokube_conformance::load_octokit_json(&format!("webhooks-examples/{place}/index.json"));
        for event in events.as_array().unwrap() {
            let name = event["name"].as_str().unwrap();
            for example in event["examples"].as_array().unwrap() {
                // As if it were of the builder repository, so that all of it is parsed.
                let repository = example["repository"]["full_name"].as_str().unwrap_or_default();
                let builder = BuilderWorkflow { repository, workflow: "build.yml" };
                let body = example.to_string();
                let event = parse(name, body.as_bytes(), &builder);
                let event = event.unwrap_or_else(|error| panic!("{place} {name}: {error}\n{body}"));
                assert_eq!(matches!(event, Event::Ping), name == "ping");
                let is_hint = is_repository_event(name) && is_what_builds_depend_on(example);
                assert_eq!(matches!(event, Event::Repository { .. }), is_hint, "{name}: {event:?}");
                let is_known =
                    matches!(event, Event::Ping | Event::Ignored(_) | Event::Repository { .. });
                assert!(is_known, "{name}: {event:?}");
                if is_repository_event(name) {
                    let mut filter = JsonFilter::new(1024 * 1024);
                    filter.feed(body.as_bytes());
                    let kept = filter.finish().unwrap();
                    assert_eq!(parse(name, &kept, &builder).unwrap(), event, "{place} {name}");
                }
                *parsed.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(parsed["workflow_run"] >= 5 && parsed["workflow_job"] >= 8 && parsed["package"] >= 3);
    assert!(parsed["push"] >= 7 && parsed["repository"] >= 14, "{parsed:?}");
    assert!(parsed["create"] >= 5 && parsed["delete"] >= 4, "{parsed:?}");
    assert!(parsed["pull_request"] >= 20, "{parsed:?}");
    assert!(parsed.values().sum::<i32>() > 700, "{parsed:?}");
}

/// Of an event about a repository, whether builds may depend on it.
fn is_what_builds_depend_on(event: &Value) -> bool {
    let of_a_pull_request =
        ["opened", "reopened", "synchronize", "converted_to_draft", "ready_for_review", "closed"];
    match event["action"].as_str() {
        Some("edited") if event.get("pull_request").is_some() => {
            event["changes"]["base"].is_object()
        }
        Some(action) if event.get("pull_request").is_some() => of_a_pull_request.contains(&action),
        Some("created") => false,
        Some("edited") => event["changes"]["default_branch"].is_object(),
        Some(_) => true,
        None => {
            let git_ref = event["ref"].as_str().unwrap();
            git_ref.starts_with("refs/heads/") || event["ref_type"] == "branch"
        }
    }
}

/// The same examples with a build's title, name and tag.
#[test]
fn githubs_own_examples_with_a_builds_names_become_facts() {
    let id = common::id();
    let builder = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };
    let mut parsed = 0;
    let events =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    for event in events.as_array().unwrap() {
        let name = event["name"].as_str().unwrap();
        for example in event["examples"].as_array().unwrap() {
            let mut example = example.clone();
            match name {
                "workflow_run" => {
                    example["workflow_run"]["display_title"] = id.run_title().into();
                    example["workflow_run"]["path"] = ".github/workflows/build.yml@main".into();
                }
                "workflow_job" => example["workflow_job"]["name"] = id.job_name().into(),
                "package" => {
                    let digest = format!("sha256:{}", "d".repeat(64));
                    example["package"]["package_version"]["container_metadata"]["tag"] =
                        serde_json::json!({ "name": id.unique_tag(), "digest": digest });
                }
                _ => continue,
            }
            example["repository"]["full_name"] = "o/builder".into();
            let event = parse(name, example.to_string().as_bytes(), &builder).unwrap();
            let build = match event {
                Event::Run { build, .. }
                | Event::Job { build, .. }
                | Event::ImagePushed { build, .. } => build,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(build, id);
            parsed += 1;
        }
    }
    assert!(parsed >= 16);
}

/// Made from GitHub's examples and checked against GitHub's schemas.
#[test]
fn variants_that_githubs_examples_lack_are_parsed() {
    let id = common::id();
    let builder = BuilderWorkflow { repository: "o/builder", workflow: "build.yml" };
    let events =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    let example = |name: &str, action: &str| {
        let event = events.as_array().unwrap().iter().find(|event| event["name"] == name).unwrap();
        let mut all = event["examples"].as_array().unwrap().iter();
        let mut example = all.rfind(|example| example["action"] == action).unwrap().clone();
        example["repository"]["full_name"] = "o/builder".into();
        example
    };
    let read = |name: &str, action: &str, event: &Value| {
        let body = event.to_string();
        nokube_conformance::check_webhook(name, Some(action), body.as_bytes()).unwrap();
        parse(name, body.as_bytes(), &builder).unwrap()
    };

    for (action, status, conclusion, phase) in [
        ("requested", "queued", json!(null), Phase::Queued),
        ("in_progress", "in_progress", json!(null), Phase::Running),
        (
            "completed",
            "completed",
            json!("startup_failure"),
            Phase::Ended(Conclusion::StartupFailure),
        ),
    ] {
        let mut event = example("workflow_run", "completed");
        event["action"] = action.into();
        let run = &mut event["workflow_run"];
        run["display_title"] = id.run_title().into();
        run["path"] = ".github/workflows/build.yml".into();
        (run["status"], run["conclusion"]) = (status.into(), conclusion);
        let Event::Run { build, facts, .. } = read("workflow_run", action, &event) else {
            panic!("{action}")
        };
        assert_eq!((build, facts.phase), (id, phase), "{action}");
    }

    let digest = format!("sha256:{}", "d".repeat(64));
    for (name, object) in [("package", "package"), ("registry_package", "registry_package")] {
        let mut event = example("package", "published");
        let mut package = event.as_object_mut().unwrap().remove("package").unwrap();
        (package["package_type"], package["ecosystem"]) = ("CONTAINER".into(), "CONTAINER".into());
        package["package_version"]["container_metadata"] = json!({
            "tag": { "name": id.unique_tag(), "digest": digest },
            "labels": {}, "manifest": {},
        });
        package["package_version"]["package_url"] = "ghcr.io/o/image:tag".into();
        event[object] = package;
        let Event::ImagePushed { build, pushed } = read(name, "published", &event) else {
            panic!("{name}")
        };
        assert_eq!((build, pushed.digest.to_string()), (id, digest.clone()));
    }
}
