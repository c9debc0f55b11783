//! Sources with Git submodules and files in Git LFS.

use nokube_tests_builder::{
    builder::{BUSYBOX, Builder, WORKFLOW},
    job::{BUILDER_REPOSITORY, JobResult, SOURCE_TOKEN},
};
use std::process::Command;

const FETCH_STEP: &str = "Fetch submodules and LFS files";
const WARNING_STEPS: [&str; 2] = ["Warn about submodules", "Warn about LFS files"];

/// Copies the whole context into the image, without Git's own files.
const DOCKERFILE: &str = "FROM scratch\nCOPY . /app\n";
const FILES: [(&str, &str); 3] =
    [("Dockerfile", DOCKERFILE), (".dockerignore", ".git\n"), ("bin/sh", BUSYBOX)];

/// A build of `alice/shop` with the input `private`.
async fn build(builder: &Builder, commit: &str, private: &str) -> JobResult {
    let inputs = [("dockerfile_path", "Dockerfile"), ("private", private)];
    builder.build("alice/shop", commit, &inputs).await
}

/// The only error, as GitHub shows it.
fn error(result: &JobResult) -> &str {
    let errors = result.commands("error");
    assert_eq!(errors.len(), 1, "{}", result.log());
    errors[0].strip_prefix("::error title=Invalid source::").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn public_submodules_are_fetched_whatever_the_form_of_their_url() {
    let builder = Builder::start().await;
    let deep = builder.create_repository("alice/deep", &[("page", "in-deep-7201")]);
    builder.create_repository("bob/lib", &[("page", "in-lib-7202")]);
    let old = builder.add_submodule("bob/lib", "deep", "../../alice/deep.git", &deep);
    // The submodule's commit is not the newest one.
    builder.commit("bob/lib", &[("page", "newer")]);
    let server = &builder.machine.git.url;
    let host = server.strip_prefix("http://").unwrap();
    builder.create_private_repository("alice/shop", &FILES);
    builder.add_submodule("alice/shop", "libs/one", &format!("{server}/bob/lib"), &old);
    builder.add_submodule("alice/shop", "libs/two", &format!("git@{host}:bob/lib.git"), &old);
    let commit = builder.add_submodule("alice/shop", "three", "../deep", &deep);

    let result = build(&builder, &commit, "true,submodules").await;
    result.assert_success();
    assert!(!builder.registry.containing("in-lib-7202").is_empty());
    assert!(!builder.registry.containing("in-deep-7201").is_empty());
    assert!(!WARNING_STEPS.iter().any(|step| result.has_run(step)), "{}", result.log());
    assert!(builder.registry.containing(SOURCE_TOKEN).is_empty());
    assert!(!result.log().contains(SOURCE_TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_submodule_is_refused_by_its_name() {
    let builder = Builder::start().await;
    let lib = builder.create_repository("alice/lib", &[("page", "public")]);
    let secret = builder.create_private_repository("alice/secret", &[("page", "secret-7203")]);
    let server = builder.machine.git.url.clone();
    let url = format!("{server}/alice/secret");
    builder.create_private_repository("alice/shop", &FILES);
    builder.add_submodule("alice/shop", "libs/public", "../lib", &lib);
    let commit = builder.add_submodule("alice/shop", "libs/secret", &url, &secret);
    let result = build(&builder, &commit, "true,submodules").await;
    assert_eq!(result.failed_step.as_deref(), Some(FETCH_STEP));
    let expected = format!("The submodule libs/secret ({url}) cannot be read: ");
    assert!(error(&result).starts_with(&expected), "{}", result.log());
    assert!(error(&result).contains("another private repository"));

    // A public source has no token at all. That of the workflow could read the builder repository.
    let own = builder.create_private_repository(BUILDER_REPOSITORY, &[("page", "secret-7204")]);
    builder.create_repository("bob/shop", &FILES);
    let url = format!("../../{BUILDER_REPOSITORY}");
    let commit = builder.add_submodule("bob/shop", "builder", &url, &own);
    let inputs = [("dockerfile_path", "Dockerfile"), ("private", "false,submodules")];
    let result = builder.build("bob/shop", &commit, &inputs).await;
    assert_eq!(result.failed_step.as_deref(), Some(FETCH_STEP), "{}", result.log());
    assert!(error(&result).starts_with("The submodule builder ("), "{}", error(&result));
    let token = "TOKEN: ${{ steps.source.outputs.token }}";
    let with_token = WORKFLOW.replace(token, "TOKEN: ${{ github.token }}");
    builder.build_with(&with_token, "bob/shop", &commit, &inputs).await.assert_success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submodule_cannot_be_a_file_of_the_machine_or_a_command() {
    let builder = Builder::start().await;
    let local = builder.create_private_repository("alice/local", &[("page", "local-7205")]);
    let path = builder.repository("alice/local");
    let marker = path.join("executed");
    let urls = [
        path.display().to_string(),
        format!("file://{}", path.display()),
        format!("ext::touch {}", marker.display()),
        "ssh://git@gitlab.example/alice/local".to_owned(),
    ];
    for (number, url) in urls.into_iter().enumerate() {
        let name = format!("alice/shop{number}");
        builder.create_repository(&name, &FILES);
        let commit = builder.add_submodule(&name, "lib", &url, &local);
        let inputs = [("dockerfile_path", "Dockerfile"), ("private", "false,submodules")];
        let result = builder.build(&name, &commit, &inputs).await;
        assert_eq!(result.failed_step.as_deref(), Some(FETCH_STEP), "{url}: {}", result.log());
        assert!(error(&result).starts_with("The submodule lib"), "{}", result.log());
    }
    assert!(!marker.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_a_submodule_lacks_is_an_error_with_the_submodules_name() {
    let builder = Builder::start().await;
    builder.create_repository("alice/lib", &[("page", "public")]);
    builder.create_repository("alice/shop", &FILES);
    let commit = builder.add_submodule("alice/shop", "a lib", "../lib", &"1".repeat(40));
    let result = build(&builder, &commit, "false,submodules").await;
    assert_eq!(result.failed_step.as_deref(), Some(FETCH_STEP));
    assert!(error(&result).starts_with("The submodule a lib cannot be read"), "{}", result.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn submodules_and_lfs_files_that_the_image_lacks_are_warnings() {
    let builder = Builder::start().await;
    let lib = builder.create_repository("alice/lib", &[("page", "public")]);
    let (_, pointer) = lfs_object("large-7206");
    let files = [FILES.as_slice(), &[("large.bin", &pointer)]].concat();
    builder.create_repository("alice/shop", &files);
    builder.commit("alice/shop", &[("other/README.md", "no submodules here")]);
    let commit = builder.add_submodule("alice/shop", "libs/one", "../lib", &lib);
    let result = build(&builder, &commit, "false").await;
    result.assert_success();
    assert!(WARNING_STEPS.iter().all(|step| result.has_run(step)), "{}", result.log());
    assert_eq!(result.commands("warning").len(), 2);

    // Only what is built counts.
    let inputs = [("dockerfile_content", "FROM scratch\nCOPY . /app\n"), ("context", "other")];
    let result = builder.build("alice/shop", &commit, &inputs).await;
    result.assert_success();
    assert!(!WARNING_STEPS.iter().any(|step| result.has_run(step)), "{}", result.log());

    // A part of a submodule cannot be built without it.
    for context in ["libs/one", "libs/one/part"] {
        let inputs = [("dockerfile_content", "FROM scratch\nCOPY . /app\n"), ("context", context)];
        let result = builder.build("alice/shop", &commit, &inputs).await;
        assert_eq!(error(&result), "The build context is in a submodule. Build with submodules.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_files_are_fetched_also_those_of_submodules() {
    let builder = Builder::start().await;
    let (id, pointer) = lfs_object("large-7207");
    builder.machine.git.add_object(&id, b"large-7207");
    let (lib_id, lib_pointer) = lfs_object("large-7208");
    builder.machine.git.add_object(&lib_id, b"large-7208");
    let lib = [(".gitattributes", ATTRIBUTES), ("lib.bin", &lib_pointer)];
    let lib = builder.create_repository("alice/lib", &lib);
    let files = [FILES.as_slice(), &[(".gitattributes", ATTRIBUTES), ("a b.bin", &pointer)]];
    builder.create_private_repository("alice/shop", &files.concat());
    let commit = builder.add_submodule("alice/shop", "lib", "../lib", &lib);

    let result = build(&builder, &commit, "true,lfs").await;
    result.assert_success();
    assert!(!builder.registry.containing("large-7207").is_empty());
    assert!(builder.registry.containing("large-7208").is_empty());
    assert!(result.has_run(WARNING_STEPS[0]) && !result.has_run(WARNING_STEPS[1]));
    assert!(!result.log().contains(SOURCE_TOKEN));

    let result = build(&builder, &commit, "true,submodules,lfs").await;
    result.assert_success();
    assert!(!builder.registry.containing("large-7208").is_empty());
    assert!(!WARNING_STEPS.iter().any(|step| result.has_run(step)), "{}", result.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_file_that_its_server_lacks_is_an_error_with_its_name() {
    let builder = Builder::start().await;
    let (_, pointer) = lfs_object("lost-7209");
    let files = [FILES.as_slice(), &[(".gitattributes", ATTRIBUTES), ("img/lost.bin", &pointer)]];
    let commit = builder.create_repository("alice/shop", &files.concat());
    let result = build(&builder, &commit, "false,lfs").await;
    assert_eq!(result.failed_step.as_deref(), Some(FETCH_STEP));
    assert!(error(&result).starts_with("The file img/lost.bin in Git LFS cannot be read"));
    // The server's message contains workflow commands.
    assert!(result.log().contains("::error::forged"), "{}", result.log());
}

const ATTRIBUTES: &str = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

/// The id and the pointer of a file in Git LFS.
fn lfs_object(content: &str) -> (String, String) {
    let output = Command::new("bash")
        .args(["-c", "printf %s \"$1\" | sha256sum | cut -d ' ' -f 1", "bash", content])
        .output();
    let id = String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned();
    let size = content.len();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {size}\n");
    (id, pointer)
}
