//! The namespaces that a cluster runs in, and the processes in them.

use anyhow::{Context, Result, bail, ensure};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tokio::task::spawn_blocking;

/// A fixed place, so that a start finds what a killed run left.
const ROOT: &str = "/tmp/nokube-cluster";
const LOCK: &str = "/run/nokube-cluster.lock";

const WATCH_SCRIPT: &str = include_str!("../scripts/watch.sh");
const INIT_SCRIPT: &str = include_str!("../scripts/init.sh");

/// Writes the process id as seen in the namespace, and becomes the program.
const EXEC_SCRIPT: &str = "echo $$ >\"$1\"; shift; exec \"$@\"";

/// Kills a process and waits until it is gone, or nobody has collected it yet.
const KILL_SCRIPT: &str = r#"
kill -9 "$1"
while grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status"; do sleep 0.05; done
"#;

/// The process id of the namespaces' first process, for [`Sandbox::attach`].
const INIT_FILE: &str = "init";

/// A network namespace of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    ControlPlane,
    Node(u8),
}

impl Network {
    fn name(self) -> String {
        match self {
            Self::ControlPlane => "control".into(),
            Self::Node(number) => format!("node{number}"),
        }
    }
}

pub struct Sandbox {
    /// None if another process holds the sandbox.
    watcher: Option<Child>,
    /// The first process of the namespaces.
    init: String,
}

impl Sandbox {
    /// Waits for the lock, removes what a killed run left, and creates the namespaces.
    pub async fn create() -> Result<Self> {
        spawn_blocking(Self::create_blocking).await?
    }

    fn create_blocking() -> Result<Self> {
        let mut watcher = Command::new("sh")
            .args(["-c", WATCH_SCRIPT, "sh", ROOT, LOCK, INIT_SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for the process that holds the cluster only.
            .process_group(0)
            .spawn()
            .context("starting a shell")?;
        let stdout = watcher.stdout.take().context("no standard output")?;
        let line = BufReader::new(stdout).lines().next().transpose()?;
        let init = line.as_deref().and_then(|line| line.strip_prefix("ready "));
        let init = init.context(
            "the namespaces for a cluster could not be created (see above). It needs root, control \
             groups of version 1, and the programs unshare, nsenter, ip and flock",
        )?;
        for folder in ["logs", "pids"] {
            fs::create_dir(Path::new(ROOT).join(folder))?;
        }
        fs::write(Path::new(ROOT).join(INIT_FILE), init)?;
        Ok(Self { init: init.into(), watcher: Some(watcher) })
    }

    /// The sandbox that another process of this user holds. Anybody can make a folder of that name.
    pub fn attach() -> Result<Self> {
        let folder = fs::symlink_metadata(ROOT).context("no cluster runs")?;
        let own = fs::metadata("/proc/self")?.uid();
        ensure!(folder.is_dir() && folder.uid() == own, "{ROOT} belongs to somebody else");
        let init = fs::read_to_string(Path::new(ROOT).join(INIT_FILE));
        Ok(Self { init: init.context("no cluster runs")?, watcher: None })
    }

    /// The folder with the cluster's state. It is removed when the cluster stops.
    pub fn root(&self) -> &'static Path {
        Path::new(ROOT)
    }

    /// Ends all processes and removes the state.
    pub async fn remove(self) -> Result<()> {
        if let Some(mut watcher) = self.watcher {
            drop(watcher.stdin.take());
            spawn_blocking(move || watcher.wait()).await??;
        }
        Ok(())
    }

    /// A command in the cluster's namespaces. It ends with them.
    fn command(&self, network: Network, program: impl AsRef<Path>) -> Command {
        self.enter(&["--mount", "--pid"], network, program.as_ref())
    }

    /// A command that sees the cluster's files and network, but is a process of the machine.
    pub fn outer_command(&self, network: Network, program: impl AsRef<Path>) -> Command {
        self.enter(&["--mount"], network, program.as_ref())
    }

    fn enter(&self, namespaces: &[&str], network: Network, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.init])
            .args(namespaces)
            .args(["nsenter", &format!("--net=/run/netns/{}", network.name())])
            .arg(program)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .process_group(0);
        command
    }

    /// Runs a command to its end. Returns its output.
    pub async fn run(
        &self,
        network: Network,
        program: impl AsRef<Path>,
        args: &[&str],
    ) -> Result<String> {
        let program = program.as_ref();
        let mut command = self.command(network, program);
        command.args(args);
        let output = spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("{} {}: {}", program.display(), args.join(" "), error.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts a process that runs until it is killed, at the latest with the sandbox. Its output is appended
    /// to `logs/NAME.log`.
    pub fn start(
        &self,
        name: &str,
        network: Network,
        program: &Path,
        args: &[String],
    ) -> Result<Process> {
        let log = self.log(name);
        let output = File::options().create(true).append(true).open(log)?;
        let mut child = self
            .command(network, "sh")
            .args(["-c", EXEC_SCRIPT, "sh"])
            .args([&self.pid_file(name), program])
            .args(args)
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let status = Process::default();
        let ended = status.clone();
        std::thread::spawn(move || {
            if let Ok(status) = child.wait() {
                let _ = ended.0.set(status);
            }
        });
        Ok(status)
    }

    /// Kills a process and waits until it has ended.
    pub async fn kill(&self, name: &str) -> Result<()> {
        let pid = fs::read_to_string(self.pid_file(name)).with_context(|| format!("no {name}"))?;
        let args = ["-c", KILL_SCRIPT, "sh", pid.trim()];
        self.run(Network::ControlPlane, "sh", &args).await?;
        Ok(())
    }

    fn pid_file(&self, name: &str) -> PathBuf {
        self.root().join("pids").join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.root().join(format!("logs/{name}.log"))
    }

    /// The last lines of a process's log.
    pub fn log_tail(&self, name: &str) -> String {
        let log = fs::read(self.log(name)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(12)).copied().collect::<Vec<_>>().join("\n")
    }
}

/// A process in a [`Sandbox`].
#[derive(Clone, Default)]
pub struct Process(Arc<OnceLock<ExitStatus>>);

impl Process {
    /// Its status, if it has ended.
    pub fn exit_status(&self) -> Option<&ExitStatus> {
        self.0.get()
    }
}

/// Waits until `check` succeeds. Fails with its last error after the timeout.
pub async fn retry<T, F>(what: &str, timeout: Duration, mut check: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let started_at = Instant::now();
    loop {
        match check().await {
            Ok(value) => return Ok(value),
            Err(error) if started_at.elapsed() > timeout => {
                return Err(error).with_context(|| format!("{what} after {timeout:?}"));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
