//! The program that runs the platform, as a child process: `spin up` or the local host.

use crate::{local_instance::write_settings, spin::Host};
use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf, absolute},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::oneshot,
    task::JoinHandle,
};

const VARIABLE: &str = "SPIN_VARIABLE_";

/// Longer than the local host gives to running requests.
const STOP_TIME: Duration = Duration::from_secs(8);

/// Further options of the program.
#[derive(Default)]
pub struct HostOptions {
    /// Spin's runtime configuration.
    pub runtime_config: Option<PathBuf>,
    /// Variables of the process, which are no settings.
    pub environment: Vec<(&'static str, PathBuf)>,
}

pub struct HostProcess {
    child: Child,
    /// `spin up` starts another process, which serves the requests. That process survives if `spin up` is killed, so
    /// the whole process group is stopped.
    group: Pid,
    /// Ends when no process of the group has its output open any more.
    output: JoinHandle<()>,
    url: oneshot::Receiver<String>,
}

impl HostProcess {
    /// Starts the program with these settings, which are also written to the folder of the local instance for
    /// `nokube doctor --operator`, with further options.
    ///
    /// # Errors
    /// A file cannot be written, or there is no such program.
    pub fn spawn(
        host: &Host,
        listen: SocketAddr,
        state_dir: &Path,
        variables: &[(&str, &str)],
        options: &HostOptions,
    ) -> Result<Self> {
        let settings_file = write_settings(state_dir, variables)?;
        let mut command = match host {
            Host::Spin(program) => spin_up(program, state_dir, variables)?,
            Host::LocalHost => local_host(state_dir, &settings_file)?,
        };
        command.args(["--listen", &listen.to_string()]);
        if let Some(file) = &options.runtime_config {
            command.arg("--runtime-config-file").arg(absolute(file)?);
        }
        command.envs(options.environment.iter().map(|(name, value)| (*name, value)));
        // In its own process group: Ctrl-C interrupts only this process, which then stops the group.
        let child = command.stdout(Stdio::piped()).process_group(0).kill_on_drop(true).spawn();
        let mut child =
            child.with_context(|| format!("start {:?}", command.as_std().get_program()))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).context("it has no id")?;
        let (sender, url) = oneshot::channel();
        let output = child.stdout.take().context("it has no output")?;
        let output = tokio::spawn(forward_output(output, sender));
        Ok(Self { child, group: Pid::from_raw(group), output, url })
    }

    /// Waits until the platform accepts connections. Returns its URL.
    ///
    /// # Errors
    /// The program has ended.
    pub async fn started(&mut self) -> Result<String> {
        tokio::select! {
            Ok(url) = &mut self.url => Ok(url),
            status = self.child.wait() => {
                bail!("the platform did not start ({}); the lines above say why", status?);
            }
        }
    }

    /// Waits until the program ends by itself.
    pub async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Stops all its processes.
    pub async fn stop(mut self) {
        // Fails if they have just ended.
        let _ = killpg(self.group, Signal::SIGTERM);
        let all_ended = async {
            let _ = self.child.wait().await;
            let _ = (&mut self.output).await;
        };
        if tokio::time::timeout(STOP_TIME, all_ended).await.is_err() {
            let _ = killpg(self.group, Signal::SIGKILL);
            let _ = self.child.wait().await;
        }
    }
}

/// `spin up` with the options of `ops/nokube.service`.
fn spin_up(program: &Path, state_dir: &Path, variables: &[(&str, &str)]) -> Result<Command> {
    // Where the local host has its store too.
    let store = absolute(state_dir)?.join(".spin");
    fs::create_dir_all(&store).with_context(|| format!("create {}", store.display()))?;
    // SPIN may be a relative path, and the program is started in another directory.
    let program =
        if program.components().count() > 1 { absolute(program)? } else { program.into() };
    let mut command = Command::new(program);
    command.args(["up", "--disable-pooling", "--from"]).arg(absolute("spin.toml")?);
    command.arg("--state-dir").arg(store);
    // Spin reads .env in the current directory, which may have the settings of a real platform. There is none
    // in the folder of the local instance.
    command.current_dir(state_dir);
    command.env_remove("RUNTIME_CONFIG_FILE");
    remove_settings_of_a_real_platform(&mut command);
    for (name, value) in variables {
        let name = variable_name(name);
        if is_of_a_real_platform(&name) || env::var_os(&name).is_none() {
            command.env(name, value);
        }
    }
    Ok(command)
}

fn local_host(state_dir: &Path, settings_file: &Path) -> Result<Command> {
    let program = env::current_exe()?.with_file_name("local-host");
    ensure!(program.exists(), "{} is not built; `make run` builds it", program.display());
    let mut command = Command::new(program);
    command.arg("--state-dir").arg(state_dir);
    // Replaces .env, which may have the settings of a real platform.
    command.arg("--env-file").arg(settings_file);
    remove_settings_of_a_real_platform(&mut command);
    Ok(command)
}

fn variable_name(setting: &str) -> String {
    format!("{VARIABLE}{}", setting.to_uppercase())
}

/// Whether the variable could connect the local instance to a real platform's systems. In the environment only
/// the other ones count.
fn is_of_a_real_platform(variable: &str) -> bool {
    variable.strip_prefix(VARIABLE).is_some_and(|setting| {
        ["GITHUB_", "KUBERNETES_", "REGISTRY_", "STATE_"]
            .iter()
            .any(|prefix| setting.starts_with(prefix))
    })
}

fn remove_settings_of_a_real_platform(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_a_real_platform) {
            command.env_remove(name);
        }
    }
}

/// Prints the program's output, and sends the URL of its line `Serving URL` in place of printing it.
async fn forward_output(output: ChildStdout, url: oneshot::Sender<String>) {
    let mut url = Some(url);
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        if let Some(served) = line.strip_prefix("Serving ")
            && let Some(url) = url.take()
        {
            // Fails if nobody waits for it any more.
            let _ = url.send(served.trim().to_owned());
        } else {
            println!("{line}");
        }
    }
}
