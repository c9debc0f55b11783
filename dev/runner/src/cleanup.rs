//! Stops the processes and removes the mounts that a killed run left in a folder.

use crate::process;
use anyhow::{Context, Result, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// Set to the folder in the environment of long-running programs, so that a later start finds them.
pub const MARKER: &str = "NOKUBE_FOLDER";

/// The name of the file by which a process locks its folder.
pub const LOCK: &str = "lock";

/// Locks the folder for this process. If it does not exist, it is created for this user only.
///
/// # Errors
/// Another process has it.
pub fn lock_folder(folder: &Path) -> Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = File::create(folder.join(LOCK))?;
    let locked = file.try_lock();
    locked.with_context(|| format!("another process uses {}", folder.display()))?;
    Ok(file)
}

/// Kills all processes of the folder, unmounts what is mounted below it, and removes its content except for `kept`.
///
/// # Errors
/// Something remains.
pub async fn clean(folder: &Path, kept: &[&str]) -> Result<()> {
    kill_processes(folder).await?;
    let mut mounts = mounts_below(&fs::read_to_string("/proc/self/mounts")?, folder);
    mounts.reverse();
    for mount in mounts {
        process::output(Command::new("umount").arg("--lazy").arg(mount)).await?;
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_kept = kept.iter().any(|name| path.ends_with(name));
        if is_kept {
            continue;
        }
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.with_context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

async fn kill_processes(folder: &Path) -> Result<()> {
    for _ in 0..50 {
        let processes = processes_of(folder)?;
        if processes.is_empty() {
            return Ok(());
        }
        for process in processes {
            // Fails if it has just ended.
            let _ = kill(process, Signal::SIGKILL);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let left = processes_of(folder)?;
    ensure!(left.is_empty(), "processes of {} do not end: {left:?}", folder.display());
    Ok(())
}

/// The programs that were started with the folder in their environment, and the containers whose files are in it.
fn processes_of(folder: &Path) -> io::Result<Vec<Pid>> {
    let own_mounts = fs::read_link("/proc/self/ns/mnt")?;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(id) = name.and_then(|name| name.parse().ok()) else { continue };
        // A process that has just ended cannot be read.
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        let is_container = || {
            let mounts = fs::read_to_string(path.join("mountinfo")).unwrap_or_default();
            let namespace = fs::read_link(path.join("ns/mnt"));
            namespace.is_ok_and(|namespace| namespace != own_mounts) && has_root_in(&mounts, folder)
        };
        if is_started_in(&environment, folder) || is_container() {
            found.push(Pid::from_raw(id));
        }
    }
    Ok(found)
}

/// Whether a program with this environment (`/proc/ID/environ`) belongs to the folder: it is marked, or its home or
/// its temporary files are in the folder.
pub fn is_started_in(environment: &[u8], folder: &Path) -> bool {
    let mut variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    variables.any(|variable| match variable.split_once('=') {
        Some((MARKER, value)) => Path::new(value) == folder,
        Some(("HOME" | "RUNNER_TEMP", value)) => Path::new(value).starts_with(folder),
        _ => false,
    })
}

/// Whether the root of a container with these mounts (`/proc/ID/mountinfo`) is in the folder.
pub fn has_root_in(mounts: &str, folder: &Path) -> bool {
    let prefix = format!("{}/", escaped(folder));
    mounts.lines().any(|line| line.split(' ').nth(4) == Some("/") && line.contains(&prefix))
}

/// The mount points below the folder, as `/proc/self/mounts` has them in order.
pub fn mounts_below(mounts: &str, folder: &Path) -> Vec<PathBuf> {
    let escaped_folder = escaped(folder);
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let below = points.filter_map(|point| Path::new(point).strip_prefix(&escaped_folder).ok());
    below.map(|path| folder.join(path)).collect()
}

/// A path as the kernel writes it in lists of mounts.
fn escaped(path: &Path) -> String {
    let path = path.display().to_string().replace('\\', "\\134");
    path.replace(' ', "\\040").replace('\t', "\\011").replace('\n', "\\012")
}
