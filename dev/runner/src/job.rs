//! Runs the workflow's job as GitHub's runner does: each `run:` script as it stands, and for each action what the
//! action's documentation says.

use crate::{
    actions,
    expressions::{Contexts, evaluate, expand, is_true},
    machine::Machine,
    output::{CommandReader, Output},
    process::{self, End, IsCancelled},
};
use anyhow::{Context, Result};
use serde_json::json;
use serde_yaml_ng::Value;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The token of the workflow itself.
pub const RUNNER_TOKEN: &str = "ghs_runnertoken";
/// The token for a private source.
pub const SOURCE_TOKEN: &str = "ghs_sourcetoken";
/// The repository that has the workflow.
pub const BUILDER_REPOSITORY: &str = "My-Org/the-builder-repository";

/// Variables of a hosted runner, with values that occur nowhere else.
pub const RUNNER_VARIABLES: [(&str, &str); 27] = [
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_EVENT_NAME", "workflow_dispatch"),
    ("GITHUB_ACTOR", "nokube-app[bot]"),
    ("GITHUB_ACTOR_ID", "70010001"),
    ("GITHUB_TRIGGERING_ACTOR", "nokube-app[bot]"),
    ("GITHUB_REF", "refs/heads/builder-main"),
    ("GITHUB_REF_NAME", "builder-main"),
    ("GITHUB_REF_PROTECTED", "true"),
    ("GITHUB_REF_TYPE", "branch"),
    ("GITHUB_REPOSITORY", BUILDER_REPOSITORY),
    ("GITHUB_REPOSITORY_ID", "70010002"),
    ("GITHUB_REPOSITORY_OWNER", "My-Org"),
    ("GITHUB_REPOSITORY_OWNER_ID", "70010003"),
    ("GITHUB_JOB", "build"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    ("GITHUB_RUN_NUMBER", "70010004"),
    ("GITHUB_SERVER_URL", "https://ghes.example.org"),
    ("GITHUB_WORKFLOW", "NoKube build"),
    (
        "GITHUB_WORKFLOW_REF",
        "My-Org/the-builder-repository/.github/workflows/build.yml@refs/heads/main",
    ),
    ("GITHUB_WORKFLOW_SHA", "77665544332211007766554433221100aabbccdd"),
    ("ImageOS", "ubuntu24"),
    ("ImageVersion", "20261120.77.1"),
    ("RUNNER_OS", "Linux"),
    ("RUNNER_ARCH", "X64"),
    ("RUNNER_ENVIRONMENT", "github-hosted"),
    ("RUNNER_NAME", "GitHub Actions 70010005"),
];

/// A job to run.
pub struct Job<'a> {
    pub workflow: &'a str,
    pub inputs: &'a BTreeMap<String, String>,
    pub run_id: u64,
    pub attempt: u32,
}

/// What happens in a job, in order.
pub enum Event<'a> {
    StepStarted(&'a str),
    /// Its `if:` condition is false.
    StepSkipped(&'a str),
    /// A line of the log.
    Line(&'a str),
    /// The step that was running has ended. A failure that the workflow ignores is a success.
    StepCompleted(End),
}

/// The result of a job.
pub struct JobResult {
    pub end: End,
    /// The name of the step that failed.
    pub failed_step: Option<String>,
    /// By the names of the steps that ran, in order.
    pub outputs: Vec<(String, Output)>,
}

/// One run of a step: what it sees, and where its output goes.
pub struct StepContext<'a> {
    pub machine: &'a Machine,
    /// The working directory of the job.
    pub workspace: &'a Path,
    /// The file for the step's outputs (`GITHUB_OUTPUT`).
    pub output_file: &'a Path,
    environment: BTreeMap<String, String>,
    output: Output,
    reader: &'a mut CommandReader,
    is_cancelled: IsCancelled<'a>,
    on_event: &'a mut (dyn FnMut(Event<'_>) + Send),
}

impl StepContext<'_> {
    /// Adds a line of the step's output.
    pub fn print(&mut self, line: &str) {
        if let Some(shown) = self.output.add_line(line, self.reader) {
            (self.on_event)(Event::Line(&shown));
        }
    }

    /// Adds a line to the log only, which the runner itself writes.
    fn log(&mut self, line: &str) {
        (self.on_event)(Event::Line(line));
    }

    /// Runs a program whose output is the step's.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn run(&mut self, command: &mut Command) -> Result<End> {
        let is_cancelled = self.is_cancelled;
        process::run_lines(command, is_cancelled, &mut |line| self.print(line)).await
    }

    async fn run_script(&mut self, directory: &Path, script: &str) -> Result<End> {
        self.log(&format!("##[group]Run {}", script.lines().next().unwrap_or_default()));
        for line in script.lines() {
            self.log(&format!("\u{1b}[36;1m{line}\u{1b}[0m"));
        }
        self.log("shell: /usr/bin/bash --noprofile --norc -e -o pipefail {0}");
        self.log("##[endgroup]");
        let path = directory.join("script.sh");
        fs::write(&path, script)?;
        let mut command = Command::new("bash");
        command
            .args(["-c", "exec bash --noprofile --norc -eo pipefail \"$0\" 2>&1"])
            .arg(path)
            .current_dir(self.workspace)
            .env_clear()
            .envs(&self.environment)
            .env("RUNNER_TRACKING_ID", "github_70010006");
        let end = self.run(&mut command).await?;
        match end {
            End::Success => {}
            End::Failure(Some(code)) => {
                self.log(&format!("##[error]Process completed with exit code {code}."));
            }
            End::Failure(None) => self.log("##[error]Process was killed."),
            End::Cancelled => self.log("##[error]The operation was canceled."),
        }
        Ok(end)
    }

    async fn run_action(&mut self, action: &str, with: &actions::Inputs) -> Result<End> {
        self.log(&format!("##[group]Run {action}"));
        self.log("##[endgroup]");
        actions::run(self, action, with).await
    }
}

impl Machine {
    /// Runs the job. The pair of run and attempt must be new.
    ///
    /// # Errors
    /// The workflow uses something that this runner does not have, or a file cannot be read or written.
    pub async fn run(
        &self,
        job: &Job<'_>,
        is_cancelled: IsCancelled<'_>,
        on_event: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<JobResult> {
        let directory = self.directory.join(format!("run-{}-{}", job.run_id, job.attempt));
        self.prepare_directory(&directory)?;
        let result = self.run_steps(job, &directory, is_cancelled, on_event).await;
        // GitHub deletes the machine.
        fs::remove_dir_all(&directory)?;
        result
    }

    fn prepare_directory(&self, directory: &Path) -> Result<()> {
        for folder in ["work", "temp", "home/.config/containers"] {
            fs::create_dir_all(directory.join(folder))?;
        }
        let registries =
            format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", self.registry);
        fs::write(directory.join("home/.config/containers/registries.conf"), registries)?;
        Ok(())
    }

    async fn run_steps(
        &self,
        job: &Job<'_>,
        directory: &Path,
        is_cancelled: IsCancelled<'_>,
        on_event: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<JobResult> {
        let workflow: Value = serde_yaml_ng::from_str(job.workflow)?;
        let mut contexts = self.contexts(&workflow, job, directory)?;
        let environment = self.runner_environment(job, directory)?;
        let mut reader = CommandReader::with_masks(&[RUNNER_TOKEN, SOURCE_TOKEN]);
        let mut result = JobResult { end: End::Success, failed_step: None, outputs: Vec::new() };
        let steps = at(&workflow, &["jobs", "build", "steps"]).and_then(Value::as_sequence);
        for step in steps.context("the workflow has no steps")? {
            let name = step["name"].as_str().context("a step has no name")?;
            let condition =
                step["if"].as_str().map(|text| evaluate(text, &contexts)).transpose()?;
            if condition.is_some_and(|value| !is_true(&value)) {
                on_event(Event::StepSkipped(name));
                continue;
            }
            on_event(Event::StepStarted(name));
            let output_file = directory.join("output");
            fs::write(&output_file, "")?;
            let mut environment = environment.clone();
            environment.extend(expand_map(&step["env"], &contexts)?);
            let mut context = StepContext {
                machine: self,
                workspace: &directory.join("work"),
                output_file: &output_file,
                environment,
                output: Output::default(),
                reader: &mut reader,
                is_cancelled,
                on_event,
            };
            let end = match (step["run"].as_str(), step["uses"].as_str()) {
                (Some(script), _) => context.run_script(directory, script).await?,
                (None, action) => {
                    let with = expand_map(&step["with"], &contexts)?;
                    context.run_action(action.unwrap_or_default(), &with).await?
                }
            };
            result.outputs.push((name.to_owned(), context.output));
            if let Some(id) = step["id"].as_str() {
                contexts.extend(read_outputs(&output_file, id)?);
            }
            let is_ignored = step["continue-on-error"] == true && end != End::Cancelled;
            let end = if is_ignored { End::Success } else { end };
            on_event(Event::StepCompleted(end));
            if end != End::Success {
                return Ok(JobResult { end, failed_step: Some(name.to_owned()), ..result });
            }
        }
        Ok(result)
    }

    fn contexts(&self, workflow: &Value, job: &Job<'_>, directory: &Path) -> Result<Contexts> {
        let mut contexts = Contexts::new();
        let inputs = at(workflow, &["on", "workflow_dispatch", "inputs"]);
        let inputs = inputs.and_then(Value::as_mapping);
        for (name, input) in inputs.into_iter().flatten() {
            let name = name.as_str().context("an input has no name")?;
            let value = job.inputs.get(name).map(String::as_str).or(input["default"].as_str());
            contexts.insert(format!("inputs.{name}"), value.unwrap_or("").to_owned());
        }
        for (name, value) in &self.variables {
            contexts.insert(format!("vars.{name}"), value.clone());
        }
        for (name, value) in [
            ("github.repository_owner", "My-Org".into()),
            ("github.actor", "nokube-app[bot]".into()),
            ("github.token", RUNNER_TOKEN.into()),
            ("github.server_url", self.git.url.clone()),
            ("github.run_id", job.run_id.to_string()),
            ("github.run_attempt", job.attempt.to_string()),
            ("runner.temp", directory.join("temp").display().to_string()),
        ] {
            contexts.insert(name.into(), value);
        }
        Ok(contexts)
    }

    /// The variables that a hosted runner sets for each step. buildx records some only if all of their group
    /// are set.
    fn runner_environment(
        &self,
        job: &Job<'_>,
        directory: &Path,
    ) -> Result<BTreeMap<String, String>> {
        let event = directory.join("event.json");
        let content = json!({
            "inputs": job.inputs, "ref": "refs/heads/main", "sender": { "login": "nokube-app[bot]" },
        });
        fs::write(&event, content.to_string())?;
        let path = env::var("PATH").context("PATH is not set")?;
        let in_directory = |name: &str| directory.join(name).display().to_string();
        let mut environment: BTreeMap<String, String> =
            RUNNER_VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        environment.extend(
            [
                ("PATH", format!("{}:{path}", self.directory.join("bin").display())),
                ("HOME", in_directory("home")),
                ("RUNNER_TEMP", in_directory("temp")),
                ("GITHUB_EVENT_PATH", event.display().to_string()),
                ("GITHUB_RUN_ID", job.run_id.to_string()),
                ("GITHUB_OUTPUT", in_directory("output")),
                ("GITHUB_STEP_SUMMARY", in_directory("summary")),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Ok(environment)
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn expand_map(map: &Value, contexts: &Contexts) -> Result<BTreeMap<String, String>> {
    let entries = map.as_mapping().into_iter().flatten();
    entries
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => expand(text, contexts)?,
                other => serde_yaml_ng::to_string(other)?.trim().to_owned(),
            };
            Ok((name.as_str().context("an entry has no name")?.to_owned(), text))
        })
        .collect()
}

/// The outputs of the step `id`, as contexts.
fn read_outputs(file: &PathBuf, id: &str) -> Result<Contexts> {
    let text = fs::read_to_string(file)?;
    let outputs = text.lines().map(|line| {
        let (name, value) = line.split_once('=').context("an output without a value")?;
        Ok((format!("steps.{id}.outputs.{name}"), value.to_owned()))
    });
    outputs.collect()
}
