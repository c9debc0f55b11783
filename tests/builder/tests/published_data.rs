//! What is published with an image says nothing of the run that built it, and nothing that only the person who
//! started the build should know.

use nokube_tests_builder::{
    builder::{BUSYBOX, Builder, WORKFLOW},
    job::{JobResult, RUNNER_VARIABLES},
};

/// The Dockerfile is pasted: its text is an input.
const DOCKERFILE: &str = "# a comment in the Dockerfile: 7101
FROM scratch
COPY bin/sh /bin/sh
RUN echo built > /built
";

/// Values of the inputs that must not be published. The argument is not used by the Dockerfile: Docker itself
/// stores those that are used in the image's history, and the documentation says so.
const PRIVATE_INPUTS: [&str; 2] = ["a comment in the Dockerfile: 7101", "argument-7102"];

async fn build(workflow: &str) -> (Builder, JobResult) {
    let builder = Builder::start().await;
    let commit =
        builder.create_private_repository("alice/private-repository-7103", &[("bin/sh", BUSYBOX)]);
    let inputs = [
        ("dockerfile_content", DOCKERFILE),
        ("build_args", r#"{"UNUSED":"argument-7102"}"#),
        ("private", "true"),
    ];
    let result =
        builder.build_with(workflow, "alice/private-repository-7103", &commit, &inputs).await;
    result.assert_success();
    (builder, result)
}

/// The values that are published with the image, and the values in the log of the step that builds it.
fn leaks(builder: &Builder, result: &JobResult) -> (Vec<String>, Vec<String>) {
    let environment = RUNNER_VARIABLES.map(|(_, value)| value);
    // Values that occur in every image.
    let is_distinctive = |value: &&str| value.len() > 5 && *value != "true" && *value != "Linux";
    let values: Vec<&str> = PRIVATE_INPUTS
        .into_iter()
        .chain(["private-repository-7103", "ghs_runnertoken", "ghs_sourcetoken", "github_70010006"])
        .chain(environment.into_iter().filter(is_distinctive))
        .collect();
    let found = |is_found: &dyn Fn(&str) -> bool| {
        values.iter().filter(|value| is_found(value)).map(|value| (*value).to_owned()).collect()
    };
    let log = result.outputs.iter().find(|(step, _)| step == "Build the image").unwrap();
    (
        found(&|value| !builder.registry.containing(value).is_empty()),
        found(&|value| log.1.text.contains(value)),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_run_and_its_inputs_is_published() {
    let (builder, result) = build(WORKFLOW).await;
    assert!(!builder.registry.containing("https://slsa.dev/provenance").is_empty());
    let (published, logged) = leaks(&builder, &result);
    assert!(published.is_empty(), "published: {published:?}");
    assert!(logged.is_empty(), "in the log: {logged:?}\n{}", result.log());
}

/// With the defaults of buildx, everything is published. This shows that the test above can fail.
#[tokio::test(flavor = "multi_thread")]
async fn the_defaults_of_buildx_would_publish_the_whole_run() {
    let defaults = WORKFLOW
        .replace(" --driver-opt provenance-add-gha=false", "")
        .replace("--provenance mode=min", "--provenance mode=max");
    assert_ne!(defaults, WORKFLOW);
    let (builder, result) = build(&defaults).await;
    let (published, _) = leaks(&builder, &result);
    for value in
        PRIVATE_INPUTS.into_iter().chain(["private-repository-7103", "nokube-app[bot]", "70010003"])
    {
        assert!(published.iter().any(|found| found == value), "{value} is not in {published:?}");
    }
}
