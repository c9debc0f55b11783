//! Holds the builder repository's real workflow to what the simulation and the product take it for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests are tests

mod support;

use std::collections::BTreeMap;

use nokube_sim::model::contract;
use serde_yaml_ng::Value;
use support::workflow::{steps, text, workflow};

#[test]
fn its_inputs_and_names_are_those_of_the_simulation() {
    let workflow = workflow();
    let build = "${{ inputs.build_id }}";
    assert_eq!(workflow["name"], contract::WORKFLOW_NAME);
    assert_eq!(workflow["run-name"], contract::run_name(build).as_str());
    assert_eq!(workflow["jobs"]["build"]["name"], contract::job_name(build).as_str());
    assert_eq!(workflow["jobs"].as_mapping().unwrap().len(), 1);

    let inputs = workflow["on"]["workflow_dispatch"]["inputs"].as_mapping().unwrap();
    let inputs: Vec<(&str, bool)> = inputs
        .iter()
        .map(|(name, input)| {
            assert_eq!(input["type"], "string");
            (name.as_str().unwrap(), input["required"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(inputs, contract::INPUTS);

    let named: Vec<&str> =
        steps(&workflow).iter().map(|step| step["name"].as_str().unwrap()).collect();
    // The first and the last are the runner's own.
    assert_eq!(named, contract::STEPS[1..contract::STEPS.len() - 1]);
}

#[test]
fn nothing_is_interpolated_into_a_script_and_every_action_is_pinned() {
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
        // What an action is given has been checked before: inputs themselves never.
        let with = serde_yaml_ng::to_string(&step["with"]).unwrap();
        assert!(!with.contains("inputs."), "{action} is given an unchecked input");
    }
    assert!(!text().contains("github.event"));
}

#[test]
fn it_may_do_little_and_logs_in_last() {
    let workflow = workflow();
    assert!(workflow["permissions"].as_mapping().unwrap().is_empty());
    let job = &workflow["jobs"]["build"];
    let permissions: BTreeMap<String, String> =
        serde_yaml_ng::from_value(job["permissions"].clone()).unwrap();
    let expected = [("contents", "read"), ("packages", "write")];
    assert_eq!(permissions, expected.map(|(name, level)| (name.into(), level.into())).into());
    assert!(job["timeout-minutes"].as_u64().is_some());
    assert!(workflow.get("concurrency").is_none() && job.get("concurrency").is_none());

    let place = |name: &str| steps(&workflow).iter().position(|step| step["name"] == name).unwrap();
    let login = place("Log in to the registry");
    assert!(login > place(contract::DOCKERFILE_STEP) && login > place(contract::BUILDPACKS_STEP));
    assert_eq!(
        steps(&workflow)[place("Check out the source")]["with"]["persist-credentials"],
        false
    );
    // Secrets are named in two steps only.
    let secrets = |step: &&Value| serde_yaml_ng::to_string(step).unwrap().contains("secrets.");
    let with_secrets: Vec<_> = steps(&workflow)
        .iter()
        .filter(secrets)
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(with_secrets, [contract::PRIVATE_STEP, "Log in to the registry"]);
}

/// A Dockerfile chooses its frontend, and a frontend is told every attribute of the caches.
#[test]
fn the_build_knows_a_directory_and_no_token() {
    let workflow = workflow();
    let step = |name: &str| steps(&workflow).iter().find(|step| step["name"] == name).unwrap();
    let build = step(contract::DOCKERFILE_STEP);
    let text = |step: &Value| serde_yaml_ng::to_string(step).unwrap();
    for token in ["token }}", "TOKEN", "secret", "type=gha", "type=registry", "ssh"] {
        assert!(!text(build).contains(token), "the build has {token}");
    }
    assert_eq!(build["with"]["github-token"], "");
    let place = "${{ runner.temp }}/nokube/cache";
    assert_eq!(build["with"]["cache-from"], format!("type=local,src={place}").as_str());
    let to = format!("type=local,dest={place}-new,mode=max,ignore-error=true");
    assert_eq!(build["with"]["cache-to"], to.as_str());
    assert_eq!(build["env"]["BUILDX_GIT_INFO"], "false", "git would run in the user's files");
    assert_eq!(step("Set up the builder")["with"], Value::Null);

    let prefix = "${{ steps.check.outputs.cache }}";
    let key = format!("{prefix}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}");
    for (name, action) in [(contract::RESTORE_STEP, "restore"), (contract::SAVE_STEP, "save")] {
        let step = step(name);
        let uses = step["uses"].as_str().unwrap();
        assert!(uses.starts_with(&format!("actions/cache/{action}@")), "{uses}");
        assert_eq!(step["with"]["path"], place, "GitHub finds a cache by its path, too");
        assert_eq!(step["with"]["key"], key.as_str());
        assert_eq!(step["continue-on-error"], true);
    }
    assert_eq!(step(contract::RESTORE_STEP)["with"]["restore-keys"], prefix);
    assert_eq!(step(contract::RESTORE_STEP)["if"], build["if"]);
    // Without `always()` and its like, only after a build that succeeded.
    assert_eq!(step(contract::SAVE_STEP)["if"], "steps.cache.outputs.new == 'true'");
    assert_eq!(step(contract::REPLACE_STEP)["if"], build["if"]);
}
