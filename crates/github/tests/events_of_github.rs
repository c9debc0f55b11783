//! Every payload that GitHub has published as an example is read without an error.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used)]

mod common;

use nokube_github::event::{Builder, Event, parse};
use std::collections::BTreeMap;

#[test]
fn githubs_own_examples_are_read() {
    let mut read = BTreeMap::new();
    for place in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let events = nokube_conformance::file(&format!("webhooks-examples/{place}/index.json"));
        for event in events.as_array().unwrap() {
            let name = event["name"].as_str().unwrap();
            for example in event["examples"].as_array().unwrap() {
                // As if it were of the builder, so that it is read to its end.
                let repository = example["repository"]["full_name"].as_str().unwrap_or_default();
                let builder = Builder { repository, workflow: "build.yml" };
                let body = example.to_string();
                let event = parse(name, body.as_bytes(), &builder);
                let event = event.unwrap_or_else(|error| panic!("{place} {name}: {error}\n{body}"));
                assert_eq!(matches!(event, Event::Ping), name == "ping");
                assert!(matches!(event, Event::Ping | Event::Ignored(_)), "{name}: {event:?}");
                *read.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(read["workflow_run"] >= 5 && read["workflow_job"] >= 8 && read["package"] >= 3);
    assert!(read.values().sum::<i32>() > 700, "{read:?}");
}

/// With our title, name and tag in them, the same examples say something about a build.
#[test]
fn githubs_own_examples_say_something_once_they_are_ours() {
    let id = common::id();
    let builder = Builder { repository: "o/builder", workflow: "build.yml" };
    let mut said = 0;
    let events = nokube_conformance::file("webhooks-examples/api.github.com/index.json");
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
                | Event::Pushed { build, .. } => build,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(build, id);
            said += 1;
        }
    }
    assert!(said >= 16);
}
