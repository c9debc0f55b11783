//! `local-host` as a process of its own, which dies at any moment and is started again.

use nokube_tests::storage;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub struct Machine {
    state: TempDir,
    variables: BTreeMap<String, String>,
    console: Arc<Mutex<String>>,
    host: Option<Child>,
    /// Seconds by which the clock of the next start is ahead.
    pub clock_ahead: i64,
}

impl Machine {
    /// A machine that is off, with an empty disk.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        let state = TempDir::new().unwrap();
        Self { state, variables, console: Arc::default(), host: None, clock_ahead: 0 }
    }

    /// Starts the host on what is on the disk, and returns its address once it serves.
    pub async fn start(&mut self) -> String {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        let mut command = Command::new(binary());
        command.arg("--from").arg(manifest).arg("--state-dir").arg(self.state.path());
        command.args(["--clock-offset-seconds", &self.clock_ahead.to_string()]);
        // Nothing but this test's settings.
        command.args(["--listen", "127.0.0.1:0", "--env-file", "/dev/null"]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SPIN_VARIABLE_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut host = command.spawn().expect("local-host; `cargo build -p local-host` builds it");
        let mut out = BufReader::new(host.stdout.take().unwrap()).lines();
        self.keep(BufReader::new(host.stderr.take().unwrap()).lines());
        let url = self.address(&mut out).await;
        self.keep(out);
        self.host = Some(host);
        url
    }

    async fn address(&self, out: &mut Lines<BufReader<ChildStdout>>) -> String {
        while let Some(line) = out.next_line().await.unwrap() {
            if let Some(url) = line.strip_prefix("Serving ") {
                return url.to_owned();
            }
        }
        panic!("the host did not start: {}", self.console());
    }

    /// Keeps the rest of what the host prints.
    fn keep<R: AsyncRead + Unpin + Send + 'static>(&self, mut lines: Lines<BufReader<R>>) {
        let console = self.console.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut console = console.lock().unwrap();
                console.push_str(&line);
                console.push('\n');
            }
        });
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.host.take().unwrap().kill().await.unwrap();
    }

    pub fn storage(&self) -> PathBuf {
        storage(self.state.path())
    }

    pub fn console(&self) -> String {
        self.console.lock().unwrap().clone()
    }

    /// Looks at what is left over, as `World::end` does.
    pub async fn end(mut self) {
        self.kill().await;
        nokube_tests::look_at_leftovers(&self.console(), self.state.path(), &[]);
    }
}

/// The settings of the usual world, with this simulation.
pub fn settings(plan: &nokube_tests::Plan, sim: &nokube_sim::Sim) -> BTreeMap<String, String> {
    let mut variables = plan.variables.clone();
    for name in ["github_api_url", "registry_api_url"] {
        variables.insert(name.into(), sim.url());
    }
    variables
}

/// Beside the tests: `target/debug/deps/slow-…` and `target/debug/local-host`.
fn binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().and_then(Path::parent).unwrap().join("local-host");
    assert!(binary.exists(), "{} is missing: `make test-slow` builds it", binary.display());
    binary
}
