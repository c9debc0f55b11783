//! The local host, or the Spin that `SPIN` names, as a separate process, which tests can kill and start again.

use nokube_sim::SimulatedGitHub;
use nokube_tests::{TestConfig, check_leftovers, storage_file};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::TcpListener,
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
    /// A `spin` in place of the local host.
    spin: Option<OsString>,
    state: TempDir,
    variables: BTreeMap<String, String>,
    console: Arc<Mutex<String>>,
    process: Option<Child>,
    /// Seconds by which the clock of the host is ahead, from the next start on. Spin cannot do this.
    pub clock_offset: i64,
    /// More arguments, which Spin has as well.
    pub args: Vec<String>,
}

impl HostProcess {
    /// The local host, which is not running, with an empty state directory.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        Self {
            spin: None,
            state: TempDir::new().unwrap(),
            variables,
            console: Arc::default(),
            process: None,
            clock_offset: 0,
            args: Vec::new(),
        }
    }

    /// As [`Self::new`], with the Spin that the environment variable `SPIN` names, if it is set.
    pub fn with_spin(variables: BTreeMap<String, String>) -> Self {
        let spin = std::env::var_os("SPIN").filter(|spin| !spin.is_empty() && spin != "local");
        Self { spin, ..Self::new(variables) }
    }

    /// Keeps the state in memory, for tests in which the speed of the disk does not matter.
    pub fn in_memory(mut self) -> Self {
        self.state = TempDir::new_in("/dev/shm").unwrap();
        self
    }

    /// Starts the host on the existing state. Returns its URL when it accepts requests.
    pub async fn start(&mut self) -> String {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        let (mut command, port) = match &self.spin {
            // Spin does not print the port that it was given for port 0.
            Some(spin) => {
                let mut command = Command::new(spin);
                command.args(["up", "--env-file", "/dev/null"]);
                (command, free_port())
            }
            None => {
                let mut command = Command::new(local_host_binary());
                command.args(["--clock-offset-seconds", &self.clock_offset.to_string()]);
                command.args(["--env-file", "/dev/null"]);
                (command, 0)
            }
        };
        command.arg("--from").arg(manifest).arg("--state-dir").arg(self.state.path());
        command.args(["--listen", &format!("127.0.0.1:{port}")]).args(&self.args);
        // Only the settings of this test.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SPIN_VARIABLE_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // `spin up` has a child, which must end with it.
        command.process_group(0);
        let mut process = command.spawn().expect("the host can be started");
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

    /// Kills the host (SIGKILL) and its children.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        let group = format!("-{}", process.id().unwrap());
        let status = Command::new("kill").args(["-KILL", "--", &group]).status().await.unwrap();
        assert!(status.success());
        process.wait().await.unwrap();
    }

    pub fn storage_file(&self) -> PathBuf {
        storage_file(self.state.path())
    }

    /// The most memory that the host has had so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let id = self.process.as_ref().and_then(Child::id).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
    }

    pub fn console(&self) -> String {
        self.console.lock().unwrap().clone()
    }

    /// Kills the host and checks what is left, like `TestPlatform::finish`.
    pub async fn finish(self) {
        self.finish_with_expected_errors(&[]).await;
    }

    /// Like [`Self::finish`], but internal errors that contain one of these texts are allowed.
    pub async fn finish_with_expected_errors(mut self, expected: &[&str]) {
        self.kill().await;
        check_leftovers(&self.console(), self.state.path(), expected);
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

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// For the test binary `target/debug/deps/slow-…`: `target/debug/local-host`.
fn local_host_binary() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let binary = tests.parent().and_then(Path::parent).unwrap().join("local-host");
    assert!(binary.exists(), "{} is missing: `make test-slow` builds it", binary.display());
    binary
}
