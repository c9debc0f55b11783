//! Images that the workflow builds and pushes.

use nokube_tests_builder::builder::{BUSYBOX, Builder};
use serde_json::Value;

const DOCKERFILE: &str = "FROM scratch
COPY bin/sh /bin/sh
ARG MODE=none
RUN echo \"mode is $MODE\" > /mode
CMD [\"/bin/sh\"]
";

/// The image's manifest and its configuration, behind the index that is tagged `latest`.
fn published_image(builder: &Builder) -> (Value, Value) {
    let index = builder.registry.manifest("apps/alice-shop-web", "latest");
    let digest = index["manifests"][0]["digest"].as_str().unwrap();
    let manifest = builder.registry.manifest("apps/alice-shop-web", digest);
    let config = builder.registry.blob(manifest["config"]["digest"].as_str().unwrap());
    (index, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dockerfile_is_built_and_pushed_with_its_provenance() {
    let builder = Builder::start().await;
    let commit =
        builder.create_repository("alice/shop", &[("Dockerfile", DOCKERFILE), ("bin/sh", BUSYBOX)]);
    let inputs = [("dockerfile_path", "Dockerfile"), ("build_args", r#"{"MODE":"a \"b\", c"}"#)];
    let result = builder.build("alice/shop", &commit, &inputs).await;
    result.assert_success();

    let (index, config) = published_image(&builder);
    assert_eq!(config["config"]["Labels"]["org.opencontainers.image.revision"], commit.as_str());
    assert!(config["history"].to_string().contains("MODE=a "));
    let attestation = &index["manifests"][1];
    assert_eq!(
        attestation["annotations"]["vnd.docker.reference.type"], "attestation-manifest",
        "{index}"
    );
    let digest = attestation["digest"].as_str().unwrap();
    let manifest = builder.registry.manifest("apps/alice-shop-web", digest);
    let types: Vec<&str> = manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["annotations"]["in-toto.io/predicate-type"].as_str().unwrap())
        .collect();
    assert_eq!(types.len(), 2, "{types:?}");
    // The last line names what was pushed.
    assert!(result.log().trim_end().lines().last().unwrap().contains(":latest@sha256:"));
    assert_eq!(
        builder.registry.manifest("apps/alice-shop-web", "build-00000000000000000000000001"),
        index
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_a_monorepo_is_built_from_its_directory() {
    let builder = Builder::start().await;
    let files = [
        ("services/web/Dockerfile", DOCKERFILE),
        ("services/web/Dockerfile.dockerignore", "secret.txt\n"),
        ("services/web/bin/sh", BUSYBOX),
        ("services/web/secret.txt", "ignored-file-7001"),
        ("other/large.txt", "outside-of-the-context-7002"),
    ];
    let commit = builder.create_repository("alice/shop", &files);
    let inputs = [("dockerfile_path", "services/web/Dockerfile"), ("context", "services/web")];
    builder.build("alice/shop", &commit, &inputs).await.assert_success();
    assert!(!builder.registry.containing("mode is none").is_empty());
    assert!(builder.registry.containing("outside-of-the-context-7002").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_dockerfile_builds_from_a_base_image() {
    let builder = Builder::start().await;
    let commit =
        builder.create_repository("alice/base", &[("Dockerfile", DOCKERFILE), ("bin/sh", BUSYBOX)]);
    builder.publish(&builder.repository("alice/base"), "library/base:1").await;
    let dockerfile = "FROM base:1\nRUN echo pasted-$(cat /mode)-7003 > /page\n";
    builder
        .build("alice/base", &commit, &[("dockerfile_content", dockerfile)])
        .await
        .assert_success();
    assert!(!builder.registry.containing("pasted-mode is none-7003").is_empty());
}

/// Ten seconds of work, of which the second build has none. The times are printed, not compared: they depend on what
/// else the machine does.
#[tokio::test(flavor = "multi_thread")]
async fn steps_that_did_not_change_take_no_time() {
    let builder = Builder::start().await;
    let dockerfile = "FROM scratch\nCOPY bin/sh /bin/sh\nCOPY bin/sh /bin/sleep\n\
        RUN [\"/bin/sleep\", \"10\"]\nCOPY page /page\n";
    let files = [("Dockerfile", dockerfile), ("bin/sh", BUSYBOX), ("page", "one")];
    let first = builder.create_repository("alice/shop", &files);
    let second = builder.commit("alice/shop", &[("page", "two")]);
    let inputs = [("dockerfile_path", "Dockerfile")];
    let mut logs = Vec::new();
    for (commit, cache) in [(first, "without the cache"), (second, "with the cache")] {
        let started_at = std::time::Instant::now();
        let result = builder.build("alice/shop", &commit, &inputs).await;
        println!("a build of ten seconds {cache}: {:.1} s", started_at.elapsed().as_secs_f32());
        result.assert_success();
        logs.push(result.log());
    }
    let cached = |log: &str| log.lines().filter(|line| line.ends_with(" CACHED")).count();
    assert_eq!([cached(&logs[0]), cached(&logs[1])], [0, 3], "{}", logs[1]);
}

/// A tag moves with each build, and each build keeps a tag of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_build_of_an_image_uses_the_cache_of_the_first() {
    let builder = Builder::start().await;
    let files = [("Dockerfile", DOCKERFILE), ("bin/sh", BUSYBOX), ("page", "one")];
    let first = builder.create_repository("alice/shop", &files);
    let inputs = [("dockerfile_path", "Dockerfile")];
    let result = builder.build("alice/shop", &first, &inputs).await;
    result.assert_success();
    assert!(!result.log().contains("CACHED"), "{}", result.log());

    // On another machine: BuildKit has nothing, only GitHub's cache is there.
    let second = builder.commit("alice/shop", &[("README.md", "two")]);
    let result = builder.build("alice/shop", &second, &inputs).await;
    result.assert_success();
    let cached = result.log().lines().filter(|line| line.ends_with(" CACHED")).count();
    assert_eq!(cached, 2, "{}", result.log());
    let (index, config) = published_image(&builder);
    assert_eq!(config["config"]["Labels"]["org.opencontainers.image.revision"], second.as_str());
    let of_second =
        builder.registry.manifest("apps/alice-shop-web", "build-00000000000000000000000002");
    assert_eq!(of_second, index);
    let of_first =
        builder.registry.manifest("apps/alice-shop-web", "build-00000000000000000000000001");
    assert_ne!(of_first, index);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_of_the_users_code_is_never_a_workflow_command() {
    let builder = Builder::start().await;
    let dockerfile = "FROM scratch\nCOPY bin/sh /bin/sh\n\
        RUN echo '::error::forged' && echo '##[error]forged' && echo 'x ##[add-path]/tmp' && echo '::stop-commands::pause-logging'\n\
        RUN echo '::add-mask::forged' && echo ' ::warning::forged' && false\n";
    let commit =
        builder.create_repository("alice/shop", &[("Dockerfile", dockerfile), ("bin/sh", BUSYBOX)]);
    let result = builder.build("alice/shop", &commit, &[("dockerfile_path", "Dockerfile")]).await;
    assert_eq!(result.failed_step.as_deref(), Some("Build the image"));
    assert!(result.log().contains("##[error]forged"), "{}", result.log());
    assert!(result.shown_log.contains("##[error]Process completed with exit code 1."));
    for (step, output) in &result.outputs {
        let forged: Vec<_> =
            output.commands.iter().filter(|command| command.contains("forged")).collect();
        assert!(forged.is_empty(), "{step}: {forged:?}");
    }
}
