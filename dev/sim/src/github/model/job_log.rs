//! The log of a job in the format of GitHub's runner and BuildKit: timestamps, groups, colours.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use super::builder_workflow::{
    BUILDPACKS_BUILD_STEP, DOCKERFILE_BUILD_STEP, PUSH_STEP, RESTORE_CACHE_STEP, SAVE_CACHE_STEP,
    SET_UP_BUILDX_STEP, SOURCE_TOKEN_STEP, cache_prefix, unique_tag,
};
use super::run::{Attempt, Conclusion, Step, WorkflowJob, WorkflowRun};
use crate::hash;

/// The log of the attempt's job. None until the job is completed.
#[must_use]
pub fn render(run: &WorkflowRun, attempt: &Attempt) -> Option<String> {
    let job = attempt.job.as_ref().filter(|job| job.completed_at.is_some())?;
    let mut log = String::new();
    for step in &job.steps {
        let has_run = step.conclusion != Some(Conclusion::Skipped);
        let lines = if has_run { step_lines(run, attempt, job, step) } else { Vec::new() };
        for (index, line) in (0_i64..).zip(lines) {
            let start = step.started_at.unwrap_or(job.started_at);
            let at = start.saturating_add(SignedDuration::from_micros(index * 1371 + 42));
            let _ = writeln!(log, "{} {line}", timestamp(at.unwrap_or(start)));
        }
    }
    Some(log)
}

/// With seven fractional digits, as the runner's .NET writes them.
fn timestamp(at: Timestamp) -> String {
    format!("{}0Z", at.strftime("%Y-%m-%dT%H:%M:%S.%6f"))
}

fn step_lines(run: &WorkflowRun, attempt: &Attempt, job: &WorkflowJob, step: &Step) -> Vec<String> {
    let input = |name| run.input(name);
    let cache = cache_prefix(input("image"));
    let key = format!("{cache}{}-{}", run.id, attempt.number);
    let mut lines = match step.name.as_str() {
        "Set up job" => vec![
            "Current runner version: '2.335.1'".to_owned(),
            "##[group]Runner Image Provisioner".to_owned(),
            "Hosted Compute Agent".to_owned(),
            "##[endgroup]".to_owned(),
            "##[group]GITHUB_TOKEN Permissions".to_owned(),
            "Contents: read".to_owned(),
            "Metadata: read".to_owned(),
            "Packages: write".to_owned(),
            "##[endgroup]".to_owned(),
            "Secret source: Actions".to_owned(),
            "Prepare workflow directory".to_owned(),
            format!("Complete job name: {}", job.name),
        ],
        "Check the request" => vec![
            group("Run the checks"),
            colour("# Checks all inputs before any other step uses them."),
            "##[endgroup]".to_owned(),
            format!("Build {} of {}", input("build_id"), input("repository")),
            format!("Commit {}, directory {}", input("ref"), or_default(input("context"), ".")),
            format!("Image {}:{}", input("image"), input("tag")),
        ],
        SOURCE_TOKEN_STEP => vec![format!("Token for {} only", input("repository"))],
        "Check out the source" => vec![
            format!("Syncing repository: {}", input("repository")),
            "##[group]Fetching the repository".to_owned(),
            format!("[command]/usr/bin/git -c protocol.version=2 fetch --depth=1 origin +{0}:refs/remotes/origin/{0}", input("ref")),
            "##[endgroup]".to_owned(),
            "[command]/usr/bin/git log -1 --format=%H".to_owned(),
            input("ref").to_owned(),
        ],
        RESTORE_CACHE_STEP => vec![format!("Cache not found for input keys: {key}, {cache}")],
        SET_UP_BUILDX_STEP => vec![
            "##[group]Creating a new builder instance".to_owned(),
            "[command]/usr/bin/docker buildx create --name builder-6f1c --driver docker-container --use".to_owned(),
            "##[endgroup]".to_owned(),
        ],
        DOCKERFILE_BUILD_STEP => dockerfile_build_lines(run, step),
        BUILDPACKS_BUILD_STEP => buildpacks_build_lines(run, step),
        SAVE_CACHE_STEP => vec![format!("Cache saved with key: {key}")],
        "Log in to the registry" => vec!["Login Succeeded!".to_owned()],
        PUSH_STEP => vec![
            format!("{}:{}", input("image"), input("tag")),
            format!("{}:{}", input("image"), unique_tag(input("build_id"))),
        ],
        "Complete job" => vec!["Cleaning up orphan processes".to_owned()],
        other => vec![group(&format!("Run {other}")), "##[endgroup]".to_owned()],
    };
    if step.conclusion == Some(Conclusion::Cancelled) {
        lines.push("##[error]The operation was canceled.".to_owned());
    }
    lines
}

fn dockerfile_build_lines(run: &WorkflowRun, step: &Step) -> Vec<String> {
    let file = or_default(run.input("dockerfile_path"), "Dockerfile (sent with the request)");
    let context = or_default(run.input("context"), ".");
    let layer = hash::sha256(run.input("ref"));
    let mut lines = vec![
        "#0 building with \"builder-6f1c\" instance using docker-container driver".to_owned(),
        String::new(),
        "#1 [internal] load build definition from Dockerfile".to_owned(),
        format!("#1 transferring dockerfile: {file}, 412B done"),
        "#1 DONE 0.0s".to_owned(),
        String::new(),
        "#5 [internal] load build context".to_owned(),
        format!("#5 transferring context: {context} 48.21kB done"),
        "#5 DONE 0.0s".to_owned(),
        String::new(),
        "#6 [1/4] FROM docker.io/library/node:24-alpine".to_owned(),
        "#6 CACHED".to_owned(),
        String::new(),
        "#8 [4/4] RUN npm ci && npm run build".to_owned(),
    ];
    for arg in build_args(run) {
        lines.push(format!("#8 0.112 with --build-arg {arg}"));
    }
    match step.conclusion {
        Some(Conclusion::Failure) => lines.extend(dockerfile_failure_lines()),
        Some(Conclusion::Cancelled) => lines.push("#8 CANCELED".to_owned()),
        _ => lines.extend([
            "#8 1.204 \u{1b}[32madded 212 packages\u{1b}[0m in 2s".to_owned(),
            "#8 DONE 3.9s".to_owned(),
            String::new(),
            "#9 exporting to oci image format".to_owned(),
            format!("#9 exporting layers sha256:{layer} done"),
            "#9 DONE 0.6s".to_owned(),
            String::new(),
            "#10 exporting cache to client directory".to_owned(),
            format!("#10 writing layer sha256:{layer} done"),
            "#10 DONE 0.3s".to_owned(),
        ]),
    }
    lines
}

fn dockerfile_failure_lines() -> Vec<String> {
    let lines = [
        "#8 1.310 \u{1b}[31mnpm error\u{1b}[0m code ELIFECYCLE",
        "#8 1.311 src/index.ts(12,5): error TS2304: Cannot find name 'porcess'.",
        "#8 ERROR: process \"/bin/sh -c npm ci && npm run build\" did not complete successfully: exit code: 2",
        "------",
        " > [4/4] RUN npm ci && npm run build:",
        "1.310 npm error code ELIFECYCLE",
        "1.311 src/index.ts(12,5): error TS2304: Cannot find name 'porcess'.",
        "------",
        "Dockerfile:9",
        "--------------------",
        "   7 |     COPY package*.json ./",
        "   8 |     COPY . .",
        "   9 | >>> RUN npm ci && npm run build",
        "  10 |     CMD [\"node\", \"dist/index.js\"]",
        "--------------------",
        "ERROR: failed to build: failed to solve: process \"/bin/sh -c npm ci && npm run build\" did not complete successfully: exit code: 2",
        "##[error]buildx failed with: ERROR: failed to build: failed to solve: process \"/bin/sh -c npm ci && npm run build\" did not complete successfully: exit code: 2",
    ];
    lines.map(str::to_owned).to_vec()
}

fn buildpacks_build_lines(run: &WorkflowRun, step: &Step) -> Vec<String> {
    let mut lines = vec![
        "===> ANALYZING".to_owned(),
        "===> DETECTING".to_owned(),
        "paketo-buildpacks/node-engine 7.4.0".to_owned(),
        "paketo-buildpacks/npm-install 2.3.1".to_owned(),
        "===> BUILDING".to_owned(),
        format!(
            "\u{1b}[34;1mPaketo Buildpack for NPM Install\u{1b}[0m in {}",
            or_default(run.input("context"), ".")
        ),
    ];
    lines.extend(build_args(run).iter().map(|arg| format!("  with {arg}")));
    if step.conclusion == Some(Conclusion::Failure) {
        lines.push("  \u{1b}[31mnpm error\u{1b}[0m code ELIFECYCLE".to_owned());
        lines.push("ERROR: failed to build: exit status 2".to_owned());
        lines.push("##[error]Process completed with exit code 51.".to_owned());
    } else {
        lines.push("===> EXPORTING".to_owned());
        lines.push(format!("Successfully built image {}", run.input("image")));
    }
    lines
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

fn group(text: &str) -> String {
    format!("##[group]{text}")
}

fn colour(text: &str) -> String {
    format!("\u{1b}[36;1m{text}\u{1b}[0m")
}
