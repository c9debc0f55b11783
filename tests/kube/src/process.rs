//! A server as a child process that never outlives the test process, even if that is killed.

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A shell script that runs a server until its standard input is closed, which the kernel does when the
/// test process ends, even by SIGKILL. Then removes the folder of the control plane. `read` is a builtin of
/// the shell, so no other process can be left behind.
const WATCH_SCRIPT: &str = r#"
root=$1 name=$2; shift 2
exec 3<&0
"$@" </dev/null & server=$!
(read -r _ <&3; kill -9 $server) 2>/dev/null & watcher=$!
wait $server
echo $? >"$root/$name.ended"
kill -9 $watcher
read -r _ <&3
rm -rf "$root"
"#;

pub struct Process {
    name: &'static str,
    root: PathBuf,
    shell: Child,
}

impl Process {
    pub fn start(
        program: &Path,
        name: &'static str,
        root: &Path,
        args: Vec<String>,
    ) -> Result<Self> {
        let log = File::create(root.join(format!("{name}.log")))?;
        let shell = Command::new("sh")
            .args(["-c", WATCH_SCRIPT, "sh"])
            .args([root.as_os_str(), name.as_ref(), program.as_os_str()])
            .args(args)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self { name, root: root.into(), shell })
    }

    /// The exit code and the last lines of the log, if the server exited without being stopped.
    pub fn exit_error(&self) -> Option<String> {
        let code = fs::read_to_string(self.root.join(format!("{}.ended", self.name))).ok()?;
        Some(format!("{} exited with {}: {}", self.name, code.trim(), self.log_tail()))
    }

    /// The last lines of the log.
    pub fn log_tail(&self) -> String {
        let log = fs::read(self.root.join(format!("{}.log", self.name))).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(12)).copied().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Only the shell knows the server's process id; closing its input makes it kill the server.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
