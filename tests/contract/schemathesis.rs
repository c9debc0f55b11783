//! Runs schemathesis, which `scripts/python-programs` installs.

use crate::fixtures::Fixtures;
use serde_json::{Value, json};
use std::{path::Path, process::Stdio};
use tempfile::TempDir;
use tokio::process::Command;

const SEED: &str = "18";

/// What is the same in all runs.
const CONFIG: &str = include_str!("schemathesis.toml");
const HOOKS: &str = include_str!("hooks.py");

pub struct Schemathesis {
    folder: TempDir,
    url: String,
    dictionaries: String,
}

impl Schemathesis {
    pub fn new(url: &str, fixtures: &Fixtures) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("hooks.py"), HOOKS).unwrap();
        Self { folder, url: url.to_owned(), dictionaries: dictionaries(fixtures) }
    }

    /// Lets somebody with this bearer token, or a stranger, send requests to all operations, at most `examples` random
    /// ones to each. Returns how many were sent; panics with the report if a response was not as described.
    pub async fn run(&self, who: &str, examples: usize, token: Option<&str>) -> usize {
        let auth = match token {
            Some(_) => "[auth.openapi.bearer]\nbearer = \"${NOKUBE_TOKEN}\"\n",
            None => "",
        };
        let config = self.folder.path().join("schemathesis.toml");
        std::fs::write(&config, format!("{CONFIG}\n{}{auth}", self.dictionaries)).unwrap();
        let program = std::env::var_os("NOKUBE_SCHEMATHESIS");
        let program = program.expect("NOKUBE_SCHEMATHESIS: `make test-contract` sets it");
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.json");
        let mut command = Command::new(program);
        command.arg("--config-file").arg(&config).arg("run").arg(document);
        command.args(["--url", &self.url, "--seed", SEED, "--no-color"]);
        command.args(["--phases", "examples,coverage,fuzzing"]);
        command.args(["--max-examples", &examples.to_string()]);
        command.current_dir(self.folder.path()).env("PYTHONPATH", self.folder.path());
        command.env("NOKUBE_TOKEN", token.unwrap_or_default());
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "as {who}, seed {SEED}:\n{report}{error}");
        let cases = report.lines().find_map(|line| line.trim().split_once(" generated"));
        let cases = cases.expect(&report).0.parse().expect(&report);
        println!("schemathesis as {who}: {cases} requests, seed {SEED}");
        cases
    }
}

/// The values that schemathesis uses for parameters, as TOML.
fn dictionaries(fixtures: &Fixtures) -> String {
    let (own, others) = (&fixtures.own, &fixtures.others);
    let all: [(&str, Value); 12] = [
        ("project", json!([own.project, others.project])),
        ("build", json!([own.build, others.build])),
        ("deployment", json!([own.deployment, others.deployment])),
        ("token", json!([1, 2])),
        ("username", json!([own.username, others.username])),
        ("project_name", json!(["shop"])),
        ("image", json!(["nginx:1.29"])),
        ("repository", json!(["https://github.com/acme/shop"])),
        ("invitation", json!([fixtures.invitation])),
        ("deletable_project", json!(fixtures.deletable_projects)),
        ("deletable_deployment", json!(fixtures.deletable_deployments)),
        ("deletable_token", json!(fixtures.deletable_tokens)),
    ];
    // A list of strings and numbers is the same in JSON.
    all.map(|(name, values)| format!("[dictionaries.{name}]\nvalues = {values}\n\n")).concat()
}
