//! `local-host` as a separate process, which tests can kill and start again.

use nokube_sim::SimulatedGitHub;
use nokube_tests::{TestConfig, check_leftovers, storage_file};
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

pub struct HostProcess {
    state: TempDir,
    variables: BTreeMap<String, String>,
    console: Arc<Mutex<String>>,
    process: Option<Child>,
    /// Seconds by which the clock of the host is ahead, from the next start on.
    pub clock_offset: i64,
}

impl HostProcess {
    /// A host that is not running, with an empty state directory.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        let state = TempDir::new().unwrap();
        Self { state, variables, console: Arc::default(), process: None, clock_offset: 0 }
    }

    /// Starts the host on the existing state. Returns its URL when it accepts requests.
    pub async fn start(&mut self) -> String {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        let mut command = Command::new(local_host_binary());
        command.arg("--from").arg(manifest).arg("--state-dir").arg(self.state.path());
        command.args(["--clock-offset-seconds", &self.clock_offset.to_string()]);
        // Only the settings of this test.
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
        let mut process =
            command.spawn().expect("local-host; `cargo build -p local-host` builds it");
        let mut stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        self.capture(BufReader::new(process.stderr.take().unwrap()).lines());
        let url = self.read_url(&mut stdout).await;
        self.capture(stdout);
        self.process = Some(process);
        url
    }

    async fn read_url(&self, stdout: &mut Lines<BufReader<ChildStdout>>) -> String {
        while let Some(line) = stdout.next_line().await.unwrap() {
            if let Some(url) = line.strip_prefix("Serving ") {
                return url.to_owned();
            }
        }
        panic!("the host did not start: {}", self.console());
    }

    /// Appends the remaining lines to the console in the background.
    fn capture<R: AsyncRead + Unpin + Send + 'static>(&self, mut lines: Lines<BufReader<R>>) {
        let console = self.console.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut console = console.lock().unwrap();
                console.push_str(&line);
                console.push('\n');
            }
        });
    }

    /// Kills the host (SIGKILL).
    pub async fn kill(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }

    pub fn storage_file(&self) -> PathBuf {
        storage_file(self.state.path())
    }

    pub fn console(&self) -> String {
        self.console.lock().unwrap().clone()
    }

    /// Kills the host and checks what is left, like `TestPlatform::finish`.
    pub async fn finish(mut self) {
        self.kill().await;
        check_leftovers(&self.console(), self.state.path(), &[]);
    }
}

/// The settings of a configuration, with the URLs of this simulated GitHub.
pub fn settings(config: &TestConfig, github: &SimulatedGitHub) -> BTreeMap<String, String> {
    let mut variables = config.variables.clone();
    for name in ["github_api_url", "registry_api_url"] {
        variables.insert(name.into(), github.url());
    }
    variables
}

/// For the test binary `target/debug/deps/slow-…`: `target/debug/local-host`.
fn local_host_binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().and_then(Path::parent).unwrap().join("local-host");
    assert!(binary.exists(), "{} is missing: `make test-slow` builds it", binary.display());
    binary
}
