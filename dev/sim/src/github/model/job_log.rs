//! The log of a job in the format of GitHub's runner and BuildKit: timestamps, groups, colours.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use super::builder_workflow::{
    BUILDPACKS_BUILD_STEP, DOCKERFILE_BUILD_STEP, FETCH_STEP, PUSH_STEP, RESTORE_CACHE_STEP,
    SAVE_CACHE_STEP, SET_UP_BUILDX_STEP, SOURCE_TOKEN_STEP, cache_prefix, has_unreadable_submodule,
    unique_tag,
};
use super::run::{Attempt, Conclusion, Step, WorkflowRun};
use crate::hash;

/// The log of the attempt's job. None until the job is completed.
pub fn render(run: &WorkflowRun, attempt: &Attempt) -> Option<String> {
    let job = attempt.job.as_ref().filter(|job| job.completed_at.is_some())?;
    if let Some(log) = &job.written_log {
        return Some(log.clone());
    }
    let mut log = String::new();
    for step in &job.steps {
        let has_run = step.conclusion != Some(Conclusion::Skipped);
        let text = if has_run { step_text(run, attempt, step) } else { String::new() };
        for (index, line) in (0_i64..).zip(text.lines()) {
            let start = step.started_at.unwrap_or(job.started_at);
            let at = start.saturating_add(SignedDuration::from_micros(index * 1371 + 42));
            let _ = writeln!(log, "{} {line}", timestamp(at.unwrap_or(start)));
        }
    }
    Some(log)
}

/// With seven fractional digits, as the runner's .NET writes them.
pub(super) fn timestamp(at: Timestamp) -> String {
    format!("{}0Z", at.strftime("%Y-%m-%dT%H:%M:%S.%6f"))
}

fn step_text(run: &WorkflowRun, attempt: &Attempt, step: &Step) -> String {
    let input = |name| run.input(name);
    let (repository, image, commit) = (input("repository"), input("image"), input("ref"));
    let context = or_default(input("context"), ".");
    let cache = cache_prefix(image);
    let key = format!("{cache}{}-{}", run.id, attempt.number);
    let mut text = match step.name.as_str() {
        "Set up job" => SET_UP.to_owned(),
        "Check the request" => format!(
            "##[group]Run the checks\n\
             \u{1b}[36;1m# Checks all inputs before any other step uses them.\u{1b}[0m\n\
             ##[endgroup]\n\
             Build {} of {repository}\nCommit {commit}, directory {context}\nImage {image}:{}",
            input("build_id"),
            input("tag"),
        ),
        SOURCE_TOKEN_STEP => format!("Token for {repository} only"),
        "Check out the source" => format!(
            "Syncing repository: {repository}\n\
             ##[group]Fetching the repository\n\
             [command]/usr/bin/git fetch --depth=1 origin +{commit}:refs/remotes/origin/{commit}\n\
             ##[endgroup]\n\
             [command]/usr/bin/git log -1 --format=%H\n{commit}"
        ),
        FETCH_STEP if has_unreadable_submodule(&run.inputs) => UNREADABLE_SUBMODULE.to_owned(),
        RESTORE_CACHE_STEP => format!("Cache not found for input keys: {key}, {cache}"),
        SET_UP_BUILDX_STEP => SET_UP_BUILDX.to_owned(),
        DOCKERFILE_BUILD_STEP => dockerfile_build(run, step),
        BUILDPACKS_BUILD_STEP => buildpacks_build(run, step),
        SAVE_CACHE_STEP => format!("Cache saved with key: {key}"),
        "Log in to the registry" => "Login Succeeded!".to_owned(),
        PUSH_STEP => {
            format!("{image}:{}\n{image}:{}", input("tag"), unique_tag(input("build_id")))
        }
        "Complete job" => "Cleaning up orphan processes".to_owned(),
        other => format!("##[group]Run {other}\n##[endgroup]"),
    };
    if step.conclusion == Some(Conclusion::Cancelled) {
        text += "\n##[error]The operation was canceled.";
    }
    text
}

const UNREADABLE_SUBMODULE: &str = "\
##[error]The submodule libs/secret (https://github.com/acme/secret) cannot be read: its repository does not exist, is \
another private repository, lacks the commit, or has no URL with https.";

const SET_UP: &str = "\
Current runner version: '2.335.1'
##[group]GITHUB_TOKEN Permissions
Contents: read
Packages: write
##[endgroup]
Prepare workflow directory";

const SET_UP_BUILDX: &str = "\
##[group]Creating a new builder instance
[command]/usr/bin/docker buildx create --name builder-6f1c --driver docker-container --use
##[endgroup]";

fn dockerfile_build(run: &WorkflowRun, step: &Step) -> String {
    let file = or_default(run.input("dockerfile_path"), "Dockerfile (sent with the request)");
    let context = or_default(run.input("context"), ".");
    let layer = hash::sha256(run.input("ref"));
    let args: String =
        build_args(run).iter().map(|arg| format!("\n#8 0.112 with --build-arg {arg}")).collect();
    let start = format!(
        "\
#0 building with \"builder-6f1c\" instance using docker-container driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: {file}, 412B done
#1 DONE 0.0s

#5 transferring context: {context} 48.21kB done
#6 [1/4] FROM docker.io/library/node:24-alpine

#8 [4/4] RUN npm ci && npm run build{args}"
    );
    let end = match step.conclusion {
        Some(Conclusion::Failure) => DOCKERFILE_FAILURE.to_owned(),
        Some(Conclusion::Cancelled) => "#8 CANCELED".to_owned(),
        _ => format!(
            "\
#8 1.204 \u{1b}[32madded 212 packages\u{1b}[0m in 2s
#8 DONE 3.9s

#9 exporting layers sha256:{layer} done
#9 DONE 0.6s"
        ),
    };
    format!("{start}\n{end}")
}

const DOCKERFILE_FAILURE: &str = "\
#8 1.310 \u{1b}[31mnpm error\u{1b}[0m code ELIFECYCLE
#8 1.311 src/index.ts(12,5): error TS2304: Cannot find name 'porcess'.
#8 ERROR: process \"/bin/sh -c npm ci && npm run build\" did not complete successfully: exit code: 2
Dockerfile:9
--------------------
   8 |     COPY . .
   9 | >>> RUN npm ci && npm run build
  10 |     CMD [\"node\", \"dist/index.js\"]
--------------------
##[error]buildx failed with: ERROR: failed to build: failed to solve: process \"/bin/sh -c npm ci && npm run build\" did not complete successfully: exit code: 2";

fn buildpacks_build(run: &WorkflowRun, step: &Step) -> String {
    let context = or_default(run.input("context"), ".");
    let args: String = build_args(run).iter().map(|arg| format!("\n  with {arg}")).collect();
    let end = match step.conclusion {
        Some(Conclusion::Failure) => "  \u{1b}[31mnpm error\u{1b}[0m code ELIFECYCLE\n\
             ERROR: failed to build: exit status 2\n\
             ##[error]Process completed with exit code 51."
            .to_owned(),
        _ => format!("===> EXPORTING\nSuccessfully built image {}", run.input("image")),
    };
    format!(
        "\
===> DETECTING
paketo-buildpacks/node-engine 7.4.0
paketo-buildpacks/npm-install 2.3.1
===> BUILDING
\u{1b}[34;1mPaketo Buildpack for NPM Install\u{1b}[0m in {context}{args}
{end}"
    )
}

/// The build arguments as `NAME=value`.
fn build_args(run: &WorkflowRun) -> Vec<String> {
    let args =
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(run.input("build_args"));
    let args = args.unwrap_or_default();
    args.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or(""))).collect()
}

fn or_default<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}
