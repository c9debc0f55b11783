//! Runs the workflow's job as GitHub's runner does: each `run:` script as it stands, and for each action what the
//! action's documentation says.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use serde_yaml_ng::Value;

use crate::{
    actions,
    expressions::{Contexts, evaluate, expand, is_true},
    git_server::GitServer,
    output::Output,
};

/// A machine with its tools, on which jobs run one after the other.
pub struct Machine {
    /// Where `docker`, the programs and GitHub's cache are.
    pub directory: PathBuf,
    /// `HOST:PORT`, without TLS.
    registry: String,
    /// Where the source repositories are.
    pub git: GitServer,
    /// The repository variables of the builder repository.
    pub variables: BTreeMap<String, String>,
}

/// The result of a job.
pub struct JobResult {
    /// The name of the step that failed.
    pub failed_step: Option<String>,
    /// By the names of the steps, in order.
    pub outputs: Vec<(String, Output)>,
}

impl JobResult {
    pub fn log(&self) -> String {
        self.outputs.iter().map(|(name, output)| format!("# {name}\n{}", output.text)).collect()
    }

    /// Whether the step ran, and was not skipped.
    pub fn has_run(&self, step: &str) -> bool {
        self.outputs.iter().any(|(name, _)| name == step)
    }

    /// The workflow commands of all steps that begin with `::NAME`.
    pub fn commands(&self, name: &str) -> Vec<&str> {
        let commands = self.outputs.iter().flat_map(|(_, output)| &output.commands);
        let prefix = format!("::{name}");
        commands.map(String::as_str).filter(|command| command.starts_with(&prefix)).collect()
    }

    #[track_caller]
    pub fn assert_success(&self) {
        assert_eq!(self.failed_step, None, "{}", self.log());
    }
}

/// One run of a step: what it sees.
pub struct StepContext<'a> {
    pub machine: &'a Machine,
    /// The working directory of the job.
    pub workspace: &'a Path,
    pub contexts: &'a Contexts,
    pub environment: &'a BTreeMap<String, String>,
}

impl Machine {
    /// `registry` is `HOST:PORT` of a registry without TLS.
    pub fn new(
        directory: &Path,
        buildx: &Path,
        engine: &Path,
        registry: &str,
        git: GitServer,
    ) -> Self {
        git.add_token(RUNNER_TOKEN, BUILDER_REPOSITORY);
        let machine = Self {
            directory: directory.to_owned(),
            registry: registry.to_owned(),
            git,
            variables: BTreeMap::new(),
        };
        machine.put_docker(buildx, engine);
        machine
    }

    /// Puts a `docker` command on the machine: `docker buildx` is the real buildx, and `docker login` stores
    /// the credentials as Docker does.
    pub fn put_docker(&self, buildx: &Path, engine: &Path) {
        let docker = format!(
            "#!/bin/sh\nexport DOCKER_HOST=unix://{}\ncase $1 in\n\
             buildx) shift; exec {} \"$@\" ;;\n\
             login) shift; mkdir -p \"$HOME/.docker\"; exec skopeo login --tls-verify=false \
             --authfile \"$HOME/.docker/config.json\" \"$@\" ;;\n\
             *) echo \"docker: no such command: $1\" >&2; exit 1 ;;\nesac\n",
            engine.display(),
            buildx.display()
        );
        let programs = self.directory.join("bin");
        fs::create_dir_all(&programs).unwrap();
        fs::write(programs.join("docker"), docker).unwrap();
        fs::set_permissions(programs.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the job of `workflow` with `inputs`; `run_id` must be new.
    pub fn run(&self, workflow: &str, inputs: &[(&str, &str)], run_id: u32) -> JobResult {
        let workflow: Value = serde_yaml_ng::from_str(workflow).unwrap();
        let job = self.directory.join(format!("run-{run_id}"));
        let workspace = job.join("work");
        for directory in ["work", "temp", "home/.config/containers"] {
            fs::create_dir_all(job.join(directory)).unwrap();
        }
        let registries =
            format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", self.registry);
        fs::write(job.join("home/.config/containers/registries.conf"), registries).unwrap();
        let mut contexts = self.contexts(&workflow, inputs, run_id, &job);
        let event = job.join("event.json");
        let event_json = json!({
            "inputs": inputs.iter().copied().collect::<BTreeMap<_, _>>(),
            "ref": "refs/heads/main",
            "sender": { "login": "nokube-app[bot]" },
        });
        fs::write(&event, event_json.to_string()).unwrap();
        let runner = self.runner_environment(&contexts, &job, &event);

        let mut result = JobResult { failed_step: None, outputs: Vec::new() };
        for step in workflow["jobs"]["build"]["steps"].as_sequence().unwrap() {
            let condition = step["if"].as_str();
            if condition.is_some_and(|condition| !is_true(&evaluate(condition, &contexts))) {
                continue;
            }
            let name = step["name"].as_str().unwrap().to_owned();
            let mut environment = runner.clone();
            environment.extend(expand_map(&step["env"], &contexts));
            let output_file = job.join("output");
            fs::write(&output_file, "").unwrap();
            environment.insert("GITHUB_OUTPUT".into(), output_file.display().to_string());
            let context = StepContext {
                machine: self,
                workspace: &workspace,
                contexts: &contexts,
                environment: &environment,
            };
            let (succeeded, text) = match step["run"].as_str() {
                Some(script) => run_script(&context, &job, script),
                None => {
                    let with = expand_map(&step["with"], &contexts);
                    actions::run(&context, step["uses"].as_str().unwrap(), &with)
                }
            };
            result.outputs.push((name.clone(), Output::of_step(&text)));
            if let Some(id) = step["id"].as_str() {
                for line in fs::read_to_string(&output_file).unwrap().lines() {
                    let (key, value) = line.split_once('=').unwrap();
                    contexts.insert(format!("steps.{id}.outputs.{key}"), value.into());
                }
            }
            if !succeeded && step["continue-on-error"] != true {
                result.failed_step = Some(name);
                break;
            }
        }
        result
    }

    fn contexts(
        &self,
        workflow: &Value,
        inputs: &[(&str, &str)],
        run_id: u32,
        job: &Path,
    ) -> Contexts {
        let mut contexts = Contexts::new();
        for (name, input) in workflow["on"]["workflow_dispatch"]["inputs"].as_mapping().unwrap() {
            let default = input["default"].as_str().unwrap_or_default();
            contexts.insert(format!("inputs.{}", name.as_str().unwrap()), default.into());
        }
        for (name, value) in inputs {
            contexts.insert(format!("inputs.{name}"), (*value).into());
        }
        for (name, value) in &self.variables {
            contexts.insert(format!("vars.{name}"), value.clone());
        }
        for (name, value) in [
            ("github.repository_owner", "My-Org".into()),
            ("github.actor", "nokube-app[bot]".into()),
            ("github.token", RUNNER_TOKEN.into()),
            ("github.server_url", self.git.url.clone()),
            ("github.run_id", run_id.to_string()),
            ("github.run_attempt", "1".into()),
            ("runner.temp", job.join("temp").display().to_string()),
        ] {
            contexts.insert(name.into(), value);
        }
        contexts
    }

    /// The variables that a hosted runner sets for each step. buildx records some only if all of their group
    /// are set.
    fn runner_environment(
        &self,
        contexts: &Contexts,
        job: &Path,
        event: &Path,
    ) -> BTreeMap<String, String> {
        let path = std::env::var("PATH").unwrap();
        let mut environment: BTreeMap<String, String> = [
            ("PATH", format!("{}:{path}", self.directory.join("bin").display())),
            ("HOME", job.join("home").display().to_string()),
            ("RUNNER_TEMP", job.join("temp").display().to_string()),
            ("GITHUB_EVENT_PATH", event.display().to_string()),
            ("GITHUB_RUN_ID", contexts["github.run_id"].clone()),
            ("GITHUB_STEP_SUMMARY", job.join("summary").display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment.extend(RUNNER_VARIABLES.map(|(name, value)| (name.into(), value.into())));
        environment
    }
}

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

fn expand_map(map: &Value, contexts: &Contexts) -> BTreeMap<String, String> {
    let entries = map.as_mapping().into_iter().flatten();
    entries
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => expand(text, contexts),
                other => serde_yaml_ng::to_string(other).unwrap().trim().to_owned(),
            };
            (name.as_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// Whether the script succeeded, and its output.
fn run_script(context: &StepContext<'_>, job: &Path, script: &str) -> (bool, String) {
    let path = job.join("script.sh");
    fs::write(&path, script).unwrap();
    let output = Command::new("bash")
        .args(["-c", "exec bash --noprofile --norc -eo pipefail \"$0\" 2>&1"])
        .arg(path)
        .current_dir(context.workspace)
        .env_clear()
        .envs(context.environment)
        .env("RUNNER_TRACKING_ID", "github_70010006")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}
