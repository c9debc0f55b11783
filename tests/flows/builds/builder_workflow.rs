//! The inputs that the platform dispatches pass the builder workflow's own check.

use nokube_tests::TestPlatform;
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;
use std::process::Command;

/// The script of the workflow's step "Check the request", and the input of each of its variables.
fn check_script() -> (String, Vec<(String, String)>) {
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

/// Runs the check on the inputs of a dispatch. Returns its output; as an error if it rejects them.
fn run_check(inputs: &Value) -> Result<String, String> {
    let (script, variables) = check_script();
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("bash");
    command.args(["-e", "-o", "pipefail", "-c", &script]).env("GITHUB_OUTPUT", output.path());
    command.env("OWNER", "Platform").env("IMAGE_PREFIX", "");
    for (name, input) in variables {
        command.env(name, inputs[&input].as_str().unwrap());
    }
    let result = command.output().unwrap();
    let stdout = String::from_utf8_lossy(&result.stdout).into_owned();
    if result.status.success() { Ok(stdout) } else { Err(stdout) }
}

#[tokio::test]
async fn the_workflow_accepts_all_inputs_that_the_platform_dispatches() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("Alice-Smith");
    let project = alice.create_project("my-app").await;
    let plain = alice.build_request(project, "frontend").await;
    let with = |changes: Value| {
        let mut request_body = plain.clone();
        request_body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        request_body
    };
    let requests = [
        plain.clone(),
        with(json!({ "has_dockerfile": true, "dockerfile_path": "./a b/Dockerfile.é" })),
        with(json!({ "dockerfile_content": "FROM scratch\nRUN echo \"$(id)\" 'x'\n" })),
        with(json!({ "build_args": { "A": "a,b=\"c\" $(id) `id`", "_B": "" }, "context": "x/y/" })),
        with(json!({ "image_tag": "_V1.2-3", "branch": "feature/ü" })),
    ];
    for request_body in &requests {
        alice.post("/api/v1/builds", request_body).await.expect(202);
    }
    let received = platform.github.requests();
    let dispatches: Vec<_> = received.iter().filter(|r| r.path.ends_with("/dispatches")).collect();
    assert_eq!(dispatches.len(), requests.len());
    for dispatch in dispatches {
        let mut inputs = dispatch.body["inputs"].clone();
        let stdout = run_check(&inputs).unwrap();
        assert!(
            stdout.contains("Image ghcr.io/platform/alice--smith-my--app-frontend:"),
            "{stdout}"
        );
        inputs["image"] = json!("ghcr.io/somebody/else");
        assert!(run_check(&inputs).unwrap_err().contains("::error"), "the check can fail");
    }
    platform.finish().await;
}
