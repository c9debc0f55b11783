//! What the components dispatch is what the builder's workflow accepts: its own check is run on it.

use nokube_tests::World;
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;
use std::process::Command;

/// The script of the workflow's step "Check the request", and its variables by input.
fn check() -> (String, Vec<(String, String)>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../builder/.github/workflows/build.yml");
    let workflow: Yaml = serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let steps = workflow["jobs"]["build"]["steps"].as_sequence().unwrap();
    let step = steps.iter().find(|step| step["name"] == "Check the request").unwrap();
    let inputs = step["env"].as_mapping().unwrap().iter().filter_map(|(name, value)| {
        let input = value.as_str()?.strip_prefix("${{ inputs.")?.strip_suffix(" }}")?;
        Some((name.as_str()?.to_owned(), input.to_owned()))
    });
    (step["run"].as_str().unwrap().to_owned(), inputs.collect())
}

/// Runs the check on the inputs of a dispatch and returns what it printed, if it accepts them.
fn accepts(inputs: &Value) -> Result<String, String> {
    let (script, variables) = check();
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", &script]).env("GITHUB_OUTPUT", output.path());
    command.env("OWNER", "Platform").env("IMAGE_PREFIX", "");
    for (name, input) in variables {
        command.env(name, inputs[&input].as_str().unwrap());
    }
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    if ran.status.success() { Ok(said) } else { Err(said) }
}

#[tokio::test]
async fn the_workflow_accepts_whatever_the_platform_asks_of_it() {
    let world = World::new().await;
    let alice = world.user("Alice-Smith");
    let project = alice.project("my-app").await;
    let plain = alice.wanted(project, "frontend").await;
    let with = |changes: Value| {
        let mut wanted = plain.clone();
        wanted.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        wanted
    };
    let requests = [
        plain.clone(),
        with(json!({ "has_dockerfile": true, "dockerfile_path": "./a b/Dockerfile.é" })),
        with(json!({ "dockerfile_content": "FROM scratch\nRUN echo \"$(id)\" 'x'\n" })),
        with(json!({ "build_args": { "A": "a,b=\"c\" $(id) `id`", "_B": "" }, "context": "x/y/" })),
        with(json!({ "image_tag": "_V1.2-3", "branch": "feature/ü" })),
    ];
    for wanted in &requests {
        alice.post("/api/v1/builds", wanted).await.expect(202);
    }
    let seen = world.sim.requests();
    let dispatched: Vec<_> = seen.iter().filter(|s| s.path.ends_with("/dispatches")).collect();
    assert_eq!(dispatched.len(), requests.len());
    for dispatch in dispatched {
        let mut inputs = dispatch.body["inputs"].clone();
        let said = accepts(&inputs).unwrap();
        assert!(said.contains("Image ghcr.io/platform/alice--smith-my--app-frontend:"), "{said}");
        inputs["image"] = json!("ghcr.io/somebody/else");
        assert!(accepts(&inputs).unwrap_err().contains("::error"), "the check can fail");
    }
    world.end().await;
}
