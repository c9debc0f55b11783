//! The workflow, and its scripts run one by one. [`crate::job`] runs all of them as a job.

use std::{fs, path::PathBuf, process::Command};

use serde_yaml_ng::Value;

use crate::builder::WORKFLOW;

pub fn workflow() -> Value {
    serde_yaml_ng::from_str(WORKFLOW).unwrap()
}

pub fn steps(workflow: &Value) -> &Vec<Value> {
    workflow["jobs"]["build"]["steps"].as_sequence().unwrap()
}

/// Runs the scripts of steps as GitHub's runner does, in a new directory.
pub struct StepRunner {
    pub directory: PathBuf,
}

impl StepRunner {
    /// What is in `directory` is removed.
    pub fn new(directory: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("source/sub")).unwrap();
        fs::create_dir_all(directory.join("temp")).unwrap();
        Self { directory }
    }

    /// Whether the step succeeded, its standard output, and the outputs that it set.
    pub fn run(&self, step: &str, env: &[(&str, &str)]) -> (bool, String, String) {
        let workflow = workflow();
        let step = steps(&workflow).iter().find(|found| found["name"] == step).unwrap();
        let output = self.directory.join("output");
        fs::write(&output, "").unwrap();
        let result = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()])
            .env("GITHUB_OUTPUT", &output)
            .env("RUNNER_TEMP", self.directory.join("temp"))
            .envs(env.iter().copied())
            .current_dir(&self.directory)
            .output()
            .unwrap();
        let printed = String::from_utf8(result.stdout).unwrap();
        (result.status.success(), printed, fs::read_to_string(output).unwrap())
    }
}
