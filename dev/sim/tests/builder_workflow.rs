//! Checks the builder repository's workflow against the simulation, and its security rules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use std::collections::BTreeMap;

use nokube_sim::github::model::builder_workflow;
use serde_yaml_ng::Value;
use support::workflow::{steps, text, workflow};

#[test]
fn the_workflow_has_the_inputs_and_names_of_the_simulation() {
    let workflow = workflow();
    let build = "${{ inputs.build_id }}";
    assert_eq!(workflow["name"], builder_workflow::WORKFLOW_NAME);
    assert_eq!(workflow["run-name"], builder_workflow::run_name(build).as_str());
    assert_eq!(workflow["jobs"]["build"]["name"], builder_workflow::job_name(build).as_str());
    assert_eq!(workflow["jobs"].as_mapping().unwrap().len(), 1);

    let inputs = workflow["on"]["workflow_dispatch"]["inputs"].as_mapping().unwrap();
    assert!(inputs.values().all(|input| input["type"] == "string"));
    assert_eq!(inputs.len(), builder_workflow::INPUTS.len(), "each says whether it is required");

    let names: Vec<&str> =
        steps(&workflow).iter().map(|step| step["name"].as_str().unwrap()).collect();
    // GitHub's runner adds the first and the last step.
    assert_eq!(names, builder_workflow::STEPS[1..builder_workflow::STEPS.len() - 1]);
}

#[test]
fn scripts_have_no_expressions_and_actions_are_pinned() {
    let workflow = workflow();
    for step in steps(&workflow) {
        if let Some(script) = step["run"].as_str() {
            assert!(!script.contains("${{"), "an expression in a script: {script}");
        }
        let Some(action) = step["uses"].as_str() else {
            continue;
        };
        let (_, commit) = action.split_once('@').unwrap();
        let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(pinned, "{action} is not pinned by its commit");
        // Actions get checked outputs, never the inputs themselves.
        let with = serde_yaml_ng::to_string(&step["with"]).unwrap();
        assert!(!with.contains("inputs."), "{action} gets an unchecked input");
    }
    assert!(!text().contains("github.event"));
}

#[test]
fn the_workflow_has_minimal_permissions_and_logs_in_after_the_build() {
    let workflow = workflow();
    assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
    let job = &workflow["jobs"]["build"];
    let permissions: BTreeMap<String, String> =
        serde_yaml_ng::from_value(job["permissions"].clone()).unwrap();
    let expected = [("contents", "read"), ("packages", "write")];
    assert_eq!(permissions, expected.map(|(name, level)| (name.into(), level.into())).into());
    assert!(job["timeout-minutes"].as_u64().is_some());
    assert!(workflow.get("concurrency").is_none() && job.get("concurrency").is_none());

    let position =
        |name: &str| steps(&workflow).iter().position(|step| step["name"] == name).unwrap();
    let login = position("Log in to the registry");
    assert!(
        login > position(builder_workflow::DOCKERFILE_BUILD_STEP)
            && login > position(builder_workflow::BUILDPACKS_BUILD_STEP)
    );
    assert_eq!(
        steps(&workflow)[position("Check out the source")]["with"]["persist-credentials"],
        false
    );
    // Only two steps use secrets.
    let has_secrets = |step: &&Value| serde_yaml_ng::to_string(step).unwrap().contains("secrets.");
    let with_secrets: Vec<_> = steps(&workflow)
        .iter()
        .filter(has_secrets)
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(with_secrets, [builder_workflow::SOURCE_TOKEN_STEP, "Log in to the registry"]);
}

/// A Dockerfile selects its frontend, and BuildKit passes all cache attributes to the frontend.
#[test]
fn the_build_step_has_a_cache_directory_and_no_token() {
    let workflow = workflow();
    let step = |name: &str| steps(&workflow).iter().find(|step| step["name"] == name).unwrap();
    let build = step(builder_workflow::DOCKERFILE_BUILD_STEP);
    let text = |step: &Value| serde_yaml_ng::to_string(step).unwrap();
    for token in ["token }}", "TOKEN", "secret", "type=gha", "type=registry", "ssh"] {
        assert!(!text(build).contains(token), "the build has {token}");
    }
    let script = build["run"].as_str().unwrap();
    for option in [
        "--cache-from \"type=local,src=$workdir/cache\"",
        "--cache-to \"type=local,dest=$workdir/cache-new,mode=max,ignore-error=true\"",
        "BUILDX_GIT_INFO=false", // Otherwise git would run in the user's files.
    ] {
        assert!(script.contains(option), "the build has no {option}");
    }

    let cache_path = "${{ runner.temp }}/nokube/cache";
    let prefix = "${{ steps.check.outputs.cache }}";
    let key = format!("{prefix}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}");
    for (name, action) in [
        (builder_workflow::RESTORE_CACHE_STEP, "restore"),
        (builder_workflow::SAVE_CACHE_STEP, "save"),
    ] {
        let step = step(name);
        let uses = step["uses"].as_str().unwrap();
        assert!(uses.starts_with(&format!("actions/cache/{action}@")), "{uses}");
        assert_eq!(step["with"]["path"], cache_path, "the path is part of a cache's identity");
        assert_eq!(step["with"]["key"], key.as_str());
        assert_eq!(step["continue-on-error"], true);
    }
    assert_eq!(step(builder_workflow::RESTORE_CACHE_STEP)["with"]["restore-keys"], prefix);
    assert_eq!(step(builder_workflow::RESTORE_CACHE_STEP)["if"], build["if"]);
    // Without `always()` the step runs only after a successful build.
    assert_eq!(step(builder_workflow::SAVE_CACHE_STEP)["if"], "steps.cache.outputs.new == 'true'");
    assert_eq!(step(builder_workflow::REPLACE_CACHE_STEP)["if"], build["if"]);
}

/// The images that the workflow pulls, except that of the buildpacks: a digest of it would keep old buildpacks.
#[test]
fn images_are_pinned_by_digest() {
    let text = text();
    let images: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("|| 'docker.io/"))
        .map(|(_, image)| image)
        .collect();
    assert_eq!(images.len(), 3, "{images:?}");
    for image in images {
        let is_pinned = image.split_once("@sha256:").is_some_and(|(_, digest)| digest.len() > 64);
        assert!(is_pinned || image.starts_with("paketobuildpacks/"), "{image}");
    }
}
