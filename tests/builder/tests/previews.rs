//! Builds of pull requests: their source, and their cache.

use nokube_tests_builder::{
    builder::{BUSYBOX, Builder, WORKFLOW},
    job::{JobResult, SOURCE_TOKEN},
};
use std::fs;

const BASE: &str = "FROM scratch\nCOPY bin/sh /bin/sh\nRUN echo base > /base\n";

/// The same step makes something else each time, like one that downloads something.
const STEP: &str = "RUN read id < /proc/sys/kernel/random/uuid && echo \"made by $id\" > /page\n";

const IMAGE: &str = "apps/alice-shop-web";

async fn build(builder: &Builder, commit: &str, private: &str, tag: &str) -> JobResult {
    build_with(WORKFLOW, builder, commit, private, tag).await
}

async fn build_with(
    workflow: &str,
    builder: &Builder,
    commit: &str,
    private: &str,
    tag: &str,
) -> JobResult {
    let inputs = [("dockerfile_path", "Dockerfile"), ("private", private), ("tag", tag)];
    let result = builder.build_with(workflow, "alice/shop", commit, &inputs).await;
    result.assert_success();
    result
}

/// The layer that [`STEP`] made, which is the image's last one.
fn page(builder: &Builder, tag: &str) -> String {
    let index = builder.registry.manifest(IMAGE, tag);
    let manifest =
        builder.registry.manifest(IMAGE, index["manifests"][0]["digest"].as_str().unwrap());
    let layers = manifest["layers"].as_array().unwrap();
    layers.last().unwrap()["digest"].as_str().unwrap().to_owned()
}

/// The key of the restored cache up to the number of the run; `None` if there was no cache.
fn restored(result: &JobResult) -> Option<String> {
    let log = result.log();
    let key = log.lines().find_map(|line| line.strip_prefix("Cache restored from key: "))?;
    Some(key.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned())
}

fn cached_steps(result: &JobResult) -> usize {
    result.log().lines().filter(|line| line.ends_with(" CACHED")).count()
}

/// Main, and a fork of it with [`STEP`] in its Dockerfile. Returns main's commit and the fork's.
fn hostile_fork(builder: &Builder) -> (String, String) {
    let main =
        builder.create_repository("alice/shop", &[("Dockerfile", BASE), ("bin/sh", BUSYBOX)]);
    builder.fork("alice/shop", "mallory/shop");
    let dockerfile = format!("{BASE}{STEP}");
    let head = builder.commit("mallory/shop", &[("Dockerfile", &dockerfile)]);
    builder.push_to_pull_request("alice/shop", 7, "mallory/shop");
    (main, head)
}

#[tokio::test(flavor = "multi_thread")]
async fn main_and_other_pull_requests_get_nothing_that_a_hostile_pull_request_has_built() {
    let builder = Builder::start().await;
    let (main, head) = hostile_fork(&builder);
    let first = build(&builder, &main, "false", "latest").await;
    assert_eq!(restored(&first), None);

    // The pull request begins with the cache of the branch.
    let hostile = build(&builder, &head, "false,preview", "pr-7").await;
    let of_branch = restored(&hostile).unwrap();
    assert!(!of_branch.contains("preview"), "{of_branch}");
    assert_eq!(cached_steps(&hostile), 2, "{}", hostile.log());
    let poison = page(&builder, "pr-7");

    // Its second build uses its own.
    let next = builder.commit("mallory/shop", &[("README.md", "two")]);
    builder.push_to_pull_request("alice/shop", 7, "mallory/shop");
    let again = build(&builder, &next, "false,preview", "pr-7").await;
    let own = restored(&again).unwrap();
    assert!(own.starts_with("nokube-preview-") && own.ends_with("-pr"), "{own}");
    assert_eq!((cached_steps(&again), page(&builder, "pr-7")), (3, poison.clone()));

    // Another pull request has the same step.
    builder.push_to_pull_request("alice/shop", 71, "mallory/shop");
    let other = build(&builder, &next, "false,preview", "pr-71").await;
    assert_eq!((restored(&other), cached_steps(&other)), (Some(of_branch.clone()), 2));
    assert_ne!(page(&builder, "pr-71"), poison);

    // And so has main, later.
    let dockerfile = format!("{BASE}{STEP}");
    let main = builder.commit("alice/shop", &[("Dockerfile", &dockerfile)]);
    let clean = build(&builder, &main, "false", "latest").await;
    assert_eq!((restored(&clean), cached_steps(&clean)), (Some(of_branch), 2));
    assert_ne!(page(&builder, "latest"), poison);
}

/// With one cache for all builds of an image, main gets what the pull request has built. This shows that the test above
/// can fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_cache_for_all_would_give_main_what_a_pull_request_has_built() {
    let builder = Builder::start().await;
    let (_, head) = hostile_fork(&builder);
    let shared = WORKFLOW.replace("cache=\"nokube-preview-$image_hash-$TAG-\"", "true");
    assert_ne!(shared, WORKFLOW);
    build_with(&shared, &builder, &head, "false,preview", "pr-7").await;
    let dockerfile = format!("{BASE}{STEP}");
    let main = builder.commit("alice/shop", &[("Dockerfile", &dockerfile)]);
    build_with(&shared, &builder, &main, "false", "latest").await;
    assert_eq!(page(&builder, "latest"), page(&builder, "pr-7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commit_of_a_fork_is_read_from_the_base_repository() {
    let builder = Builder::start().await;
    builder.machine.git.make_private("alice/shop");
    let (_, first) = hostile_fork(&builder);
    // The first commit is in no branch any more after a forced push.
    builder.commit("mallory/shop", &[("README.md", "two")]);
    fs::remove_dir_all(builder.repository("mallory/shop")).unwrap();
    builder.fork("alice/shop", "mallory/shop");
    let second = builder.commit("mallory/shop", &[("README.md", "forced")]);
    builder.push_to_pull_request("alice/shop", 7, "mallory/shop");
    fs::remove_dir_all(builder.repository("mallory/shop")).unwrap();

    for commit in [first, second] {
        let result = build(&builder, &commit, "true,preview", "pr-7").await;
        let index = builder.registry.manifest(IMAGE, "pr-7");
        let digest = index["manifests"][0]["digest"].as_str().unwrap();
        let config = &builder.registry.manifest(IMAGE, digest)["config"]["digest"];
        let config = builder.registry.blob(config.as_str().unwrap());
        assert_eq!(
            config["config"]["Labels"]["org.opencontainers.image.revision"],
            commit.as_str()
        );
        assert!(!result.log().contains(SOURCE_TOKEN));
    }
}
