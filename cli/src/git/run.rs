//! Runs git: without questions, and not for longer than a limit.

use super::error::GitError;
use std::{
    env, io,
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// For what git does on this machine.
const LOCAL: Duration = Duration::from_secs(60);
/// For what it asks a server.
const REMOTE: Duration = Duration::from_secs(30);

/// git in a folder.
pub struct Git {
    folder: PathBuf,
}

impl Git {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The standard output.
    ///
    /// # Errors
    /// git is missing, fails, or needs too long.
    pub async fn output(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = run(self.command(arguments), arguments, LOCAL).await?;
        match output.status.success() {
            true => Ok(stdout(&output)),
            false => Err(failed(arguments, &output)),
        }
    }

    /// As [`Self::output`]; `None` if git fails.
    ///
    /// # Errors
    /// git is missing, or needs too long.
    pub async fn try_output(&self, arguments: &[&str]) -> Result<Option<String>, GitError> {
        let output = run(self.command(arguments), arguments, LOCAL).await?;
        Ok(output.status.success().then(|| stdout(&output)))
    }

    /// As [`Self::output`], of a command that asks the server of `remote`.
    ///
    /// # Errors
    /// As [`Self::output`].
    pub async fn remote_output(
        &self,
        remote: &str,
        arguments: &[&str],
    ) -> Result<String, GitError> {
        let unreachable =
            |detail| GitError::RemoteUnreachable { remote: remote.to_owned(), detail };
        let mut command = self.command(arguments);
        if !self.has_ssh_command().await? {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        match run(command, arguments, REMOTE).await {
            Ok(output) if output.status.success() => Ok(stdout(&output)),
            Ok(output) => Err(unreachable(stderr(&output))),
            Err(GitError::TooSlow { .. }) => Err(unreachable(String::new())),
            Err(error) => Err(error),
        }
    }

    /// Whether the person has chosen a program for SSH, which must not be replaced.
    async fn has_ssh_command(&self) -> Result<bool, GitError> {
        let chosen = ["GIT_SSH_COMMAND", "GIT_SSH"].iter().any(|name| env::var_os(name).is_some());
        Ok(chosen || self.try_output(&["config", "core.sshCommand"]).await?.is_some())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            // Messages are recognized by their English text.
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // Nobody could answer a question: git fails in place of asking.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GCM_INTERACTIVE", "never");
        command
    }
}

async fn run(
    mut command: Command,
    arguments: &[&str],
    limit: Duration,
) -> Result<Output, GitError> {
    match timeout(limit, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(GitError::NotInstalled),
        Ok(Err(error)) => {
            Err(GitError::Failed { command: name_of(arguments), detail: error.to_string() })
        }
        Err(_) => Err(GitError::TooSlow { command: name_of(arguments), seconds: limit.as_secs() }),
    }
}

fn failed(arguments: &[&str], output: &Output) -> GitError {
    let detail = stderr(output);
    match detail.contains("not a git repository") {
        true => GitError::NoRepository,
        false => GitError::Failed { command: name_of(arguments), detail },
    }
}

/// `git status`
fn name_of(arguments: &[&str]) -> String {
    format!("git {}", arguments.first().unwrap_or(&""))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What git says, without passwords that an address contains.
fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().split(' ').map(without_password).collect::<Vec<_>>().join(" ")
}

/// `https://USER:PASSWORD@HOST/…` without the user and the password.
fn without_password(word: &str) -> String {
    let address = word.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split('/').next()?;
        let (user, _) = host.rsplit_once('@')?;
        Some(format!("{scheme}://{}", rest.get(user.len() + 1..)?))
    });
    address.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_git_has_no_password() {
        let message = "'https://alice:s3cret@github.com/acme/shop.git/':";
        assert_eq!(without_password(message), "'https://github.com/acme/shop.git/':");
        assert_eq!(without_password("ssh://git@github.com/acme"), "ssh://github.com/acme");
        assert_eq!(without_password("https://github.com/acme/a@b"), "https://github.com/acme/a@b");
        assert_eq!(without_password("git@github.com:acme/shop"), "git@github.com:acme/shop");
    }
}
