//! A server as a child process that never outlives the tests, however they end.

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Runs a server until the standard input is closed, which the kernel does when the test process
/// ends, be it by SIGKILL; then removes the folder that all servers of a control plane share.
/// The shell's own `read` is used, so there is no further process to be left over.
const WATCH: &str = r#"
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
            .args(["-c", WATCH, "sh"])
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

    /// The last lines of its log, where the server has ended of itself.
    pub fn ended(&self) -> Option<String> {
        let code = fs::read_to_string(self.root.join(format!("{}.ended", self.name))).ok()?;
        Some(format!("{} ended with {}: {}", self.name, code.trim(), self.log()))
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        let log = fs::read(self.root.join(format!("{}.log", self.name))).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(12)).copied().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The shell ends the server, which cannot be done from here: its number is not known.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
