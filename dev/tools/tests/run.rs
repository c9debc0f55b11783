//! `make run` with Spin: a script plays `spin`.
#![allow(clippy::unwrap_used)] // Tests.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Like Spin: one process waits for another one, which serves and has the same output.
const SERVE: &str = "\
    sleep 300 & echo $! > server.pid\n\
    echo 'Storing default key-value data'\necho; echo 'Serving http://127.0.0.1:9'\n\
    echo 'Available Routes:'; wait\n";

/// `nokube-dev run` with a `spin` that is this script.
struct Run {
    process: Child,
    folder: TempDir,
}

impl Run {
    fn start(script: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spin = folder.path().join("spin");
        let script = format!(
            "#!/bin/bash\npwd > ../directory\ncd ..\necho $$ > spin.pid\nprintf '%s\\n' \"$@\" > arguments\nenv > environment\n{script}"
        );
        fs::write(&spin, script).unwrap();
        fs::set_permissions(&spin, fs::Permissions::from_mode(0o755)).unwrap();
        let output = fs::File::create(folder.path().join("output")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_nokube-dev"))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .arg("--state-dir")
            .arg(folder.path().join("state"))
            .args(["run", "--listen", "127.0.0.1:9", "--spin"])
            .arg(spin)
            .envs(variables.iter().copied())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, folder }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Waits until a file contains this text. Returns the file.
    fn wait_for(&self, name: &str, text: &str) -> String {
        let start = Instant::now();
        loop {
            let content = self.read(name);
            if content.contains(text) {
                return content;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{name}: {content}");
            sleep(Duration::from_millis(50));
        }
    }

    fn pid(&self, name: &str) -> Pid {
        Pid::from_raw(self.wait_for(name, "\n").trim().parse().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits until `nokube-dev` has ended. Returns its status and its output.
    fn wait(mut self) -> (ExitStatus, String, TempDir) {
        let status = self.process.wait().unwrap();
        let output = self.read("output");
        (status, output, self.folder)
    }
}

/// Whether the process has not ended. (A process that nobody waited for is a zombie.)
fn is_running(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|fields| !fields.is_empty() && !fields.starts_with(" Z"))
}

#[test]
fn spin_gets_the_platforms_settings_and_none_of_a_real_platform() {
    let run = Run::start(
        SERVE,
        &[
            ("SPIN_VARIABLE_GITHUB_TOKEN", "real"),
            ("SPIN_VARIABLE_KUBERNETES_TOKEN", "real"),
            ("SPIN_VARIABLE_STATE_REDIS_URL", "redis://real"),
            ("RUNTIME_CONFIG_FILE", "/etc/real.toml"),
            ("SPIN_VARIABLE_BUILD_GRACE_SECONDS", "7"),
        ],
    );
    let output = run.wait_for("output", "\nServing ");
    assert!(output.contains("Storing default key-value data"), "{output}");
    assert!(output.contains("Simulated GitHub on http://127.0.0.1:"), "{output}");

    let state = run.folder.path().join("state");
    let manifest = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let arguments = run.read("arguments");
    let arguments: Vec<_> = arguments.lines().collect();
    let store = state.join(".spin");
    let [before @ .., from, state_option, state_dir, listen, address] = &arguments[..] else {
        unreachable!("{arguments:?}")
    };
    assert_eq!(before, ["up", "--disable-pooling", "--from"]);
    assert_eq!(fs::canonicalize(from).unwrap(), manifest.join("spin.toml").canonicalize().unwrap());
    assert_eq!((*state_option, Path::new(state_dir)), ("--state-dir", store.as_path()));
    assert_eq!((*listen, *address), ("--listen", "127.0.0.1:9"));

    let environment = run.read("environment");
    assert!(!environment.contains("real"), "{environment}");
    // Spin reads .env where it is started.
    assert_eq!(Path::new(run.read("directory").trim()), state);
    assert!(!state.join(".env").exists());
    assert!(environment.contains("\nSPIN_VARIABLE_BUILD_GRACE_SECONDS=7\n"), "{environment}");
    assert!(environment.contains("\nSPIN_VARIABLE_KUBERNETES_API_URL=http://127.0.0.1:"));
    // As in the file that `nokube doctor --operator` reads.
    let settings = run.read("state/settings.env");
    let secret = settings.lines().find(|line| line.contains("_SESSION_SECRET=")).unwrap();
    assert!(environment.contains(&format!("\n{}\n", secret.replace('\'', ""))));

    let server = run.pid("server.pid");
    run.signal(Signal::SIGTERM);
    let (status, output, _folder) = run.wait();
    assert!(status.success() && output.ends_with("Stopped.\n"), "{output}");
    assert!(!is_running(server));
}

#[test]
fn when_spin_alone_is_killed_the_process_that_serves_is_stopped_too() {
    let run = Run::start(SERVE, &[]);
    run.wait_for("output", "\nServing ");
    let server = run.pid("server.pid");
    kill(run.pid("spin.pid"), Signal::SIGKILL).unwrap();
    let (status, output, _folder) = run.wait();
    assert!(!status.success());
    assert!(output.contains("the platform has ended (signal: 9 (SIGKILL))"), "{output}");
    assert!(!is_running(server));
}

#[test]
fn a_spin_that_ends_before_it_serves_is_reported() {
    let run = Run::start("echo 'Error: the port is in use' >&2; exit 3\n", &[]);
    let (status, output, _folder) = run.wait();
    assert!(!status.success());
    assert!(output.contains("Error: the port is in use\n"), "{output}");
    assert!(output.contains("the platform did not start (exit status: 3)"), "{output}");
}

#[test]
fn ctrl_c_while_spin_starts_stops_it() {
    let run = Run::start("sleep 300 & echo $! > server.pid; wait\n", &[]);
    let server = run.pid("server.pid");
    run.signal(Signal::SIGINT);
    let (status, output, _folder) = run.wait();
    assert!(status.success() && output.ends_with("Stopped.\n"), "{output}");
    assert!(!is_running(server));
}

#[test]
fn a_server_that_ignores_the_signal_is_killed() {
    let run = Run::start(
        "bash -c 'trap \"\" TERM; echo $$ > server.pid; echo Serving http://127.0.0.1:9; sleep 300 & wait; sleep 300' &\nwait\n",
        &[],
    );
    run.wait_for("output", "\nServing ");
    let server = run.pid("server.pid");
    run.signal(Signal::SIGHUP);
    let (status, output, _folder) = run.wait();
    assert!(status.success(), "{output}");
    sleep(Duration::from_millis(200));
    assert!(!is_running(server));
}
