//! The security rules of the workflow.

use std::collections::BTreeMap;

use nokube_tests_builder::{
    builder::WORKFLOW,
    workflow::{steps, workflow},
};
use serde_yaml_ng::Value;

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
    assert!(!WORKFLOW.contains("github.event"));
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
    assert!(login > position("Build the image") && login > position("Build the image from source"));
    assert_eq!(
        steps(&workflow)[position("Check out the source")]["with"]["persist-credentials"],
        false
    );
    // Submodules may be anywhere, so the workflow's own token must not be sent to them.
    let fetch = &steps(&workflow)[position("Fetch submodules and LFS files")];
    assert!(!serde_yaml_ng::to_string(fetch).unwrap().contains("github.token"));
    // Only two steps use secrets.
    let has_secrets = |step: &&Value| serde_yaml_ng::to_string(step).unwrap().contains("secrets.");
    let with_secrets: Vec<_> = steps(&workflow)
        .iter()
        .filter(has_secrets)
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(with_secrets, ["Get a token for the private source", "Log in to the registry"]);
}

/// A Dockerfile selects its frontend, and BuildKit passes all cache attributes to the frontend.
#[test]
fn the_build_step_has_a_cache_directory_and_no_token() {
    let workflow = workflow();
    let step = |name: &str| steps(&workflow).iter().find(|step| step["name"] == name).unwrap();
    let build = step("Build the image");
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
    for (name, action) in [("Restore the cache", "restore"), ("Save the cache", "save")] {
        let step = step(name);
        let uses = step["uses"].as_str().unwrap();
        assert!(uses.starts_with(&format!("actions/cache/{action}@")), "{uses}");
        assert_eq!(step["with"]["path"], cache_path, "the path is part of a cache's identity");
        assert_eq!(step["with"]["key"], key.as_str());
        assert_eq!(step["continue-on-error"], true);
    }
    // That of the branch is what a pull request's first build restores. Nothing is saved under it by another build.
    let prefixes = format!("{prefix}\n${{{{ steps.check.outputs.branch_cache }}}}\n");
    assert_eq!(step("Restore the cache")["with"]["restore-keys"], prefixes.as_str());
    assert_eq!(WORKFLOW.matches("outputs.branch_cache").count(), 1);
    assert_eq!(step("Restore the cache")["if"], build["if"]);
    // Without `always()` the step runs only after a successful build.
    assert_eq!(step("Save the cache")["if"], "steps.cache.outputs.new == 'true'");
    assert_eq!(step("Replace the cache")["if"], build["if"]);
}

/// The images that the workflow pulls, except that of the buildpacks: a digest of it would keep old buildpacks.
#[test]
fn images_are_pinned_by_digest() {
    let images: Vec<&str> = WORKFLOW
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
