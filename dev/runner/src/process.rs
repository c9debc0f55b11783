//! Runs programs and reads what they print.

use anyhow::{Context, Result, ensure};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Success,
    Failure(Option<i32>),
    Cancelled,
}

/// Whether a job is to stop.
pub type IsCancelled<'a> = &'a (dyn Fn() -> bool + Send + Sync);

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Runs the command in a process group of its own, and passes each line of its standard output to `read_line`.
/// Kills the group if the job is cancelled.
///
/// # Errors
/// The program cannot be started.
pub async fn run_lines(
    command: &mut Command,
    is_cancelled: IsCancelled<'_>,
    read_line: &mut (dyn FnMut(&str) + Send),
) -> Result<End> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut child = command.kill_on_drop(true).spawn().context("start the program of a step")?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).context("it has no id")?;
    let output = child.stdout.take().context("it has no output")?;
    let cancelled = async {
        while !is_cancelled() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::select! {
        () = read_lines(output, read_line) => {}
        () = cancelled => {
            // Fails if they have just ended.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            child.wait().await?;
            return Ok(End::Cancelled);
        }
    }
    let status = child.wait().await?;
    Ok(if status.success() { End::Success } else { End::Failure(status.code()) })
}

async fn read_lines(output: impl AsyncRead + Unpin, read_line: &mut (dyn FnMut(&str) + Send)) {
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        read_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
    }
}

/// Runs the command to its end. Returns what it printed.
///
/// # Errors
/// It cannot be started, or fails; with what it printed to standard error.
pub async fn output(command: &mut Command) -> Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("run {name}"))?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed ({}): {}", output.status, message.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
