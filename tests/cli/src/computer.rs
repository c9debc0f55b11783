//! A user's computer: a home folder that is empty at first, and the environment of its programs.

use crate::{Answer, Finished, SignIn, Terminal, program};
use nokube_tests::TestPlatform;
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    future::{Future, IntoFuture},
    path::{Path, PathBuf},
    pin::Pin,
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Child};

/// More than a build and a deployment in the simulation take.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct Computer {
    home: TempDir,
    /// The platform's address.
    pub url: String,
    variables: BTreeMap<String, String>,
}

impl Computer {
    /// A computer on which nobody has signed in.
    pub fn new(platform: &TestPlatform) -> Self {
        let home = tempfile::Builder::new().prefix("nokube-cli-").tempdir().unwrap();
        let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let variables = [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path(".config")),
            ("LANG", "C.UTF-8".into()),
            // This machine may have a keyring.
            ("NOKUBE_CREDENTIALS", "file".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CONFIG_GLOBAL", path(".gitconfig")),
            ("GIT_TERMINAL_PROMPT", "0".into()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Self { home, url: platform.host().url(), variables }
    }

    /// A computer on which `login` has signed in.
    pub async fn signed_in(platform: &TestPlatform, login: &str) -> Self {
        let computer = Self::new(platform);
        let sign_in = SignIn::start(&computer, &[]).await;
        sign_in.answer(platform, login, Answer::Allow).await.expect(0);
        computer
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder of the program's configuration.
    pub fn configuration(&self) -> PathBuf {
        self.home().join(".config/nokube")
    }

    /// Sets a variable for all programs.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.into(), value.into());
    }

    /// The environment and the working directory of a program.
    pub(crate) fn prepare(&self, command: &mut std::process::Command, folder: &Path) {
        command.env_clear().envs(&self.variables).current_dir(folder);
    }

    /// Runs the program. It ends when the value is awaited.
    pub fn nokube<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run<'_> {
        let mut command = std::process::Command::new(program());
        self.prepare(&mut command, self.home());
        command.args(arguments);
        Run { computer: self, command, input: Vec::new(), may_print_secrets: false }
    }

    /// Starts the program in a terminal, in `folder`.
    pub fn terminal(&self, folder: &Path, arguments: &[&str]) -> Terminal {
        let mut command = std::process::Command::new(program());
        self.prepare(&mut command, folder);
        command.env("TERM", "xterm-256color").args(arguments);
        Terminal::start(command)
    }
}

/// A run of the program without a terminal.
#[must_use]
pub struct Run<'a> {
    computer: &'a Computer,
    command: std::process::Command,
    input: Vec<u8>,
    may_print_secrets: bool,
}

impl Run<'_> {
    /// Sends a text to standard input, which is empty otherwise.
    pub fn input(mut self, text: &str) -> Self {
        self.input = text.into();
        self
    }

    /// The working directory. It is the home folder otherwise.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_variable(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// The program may print a secret.
    pub fn may_print_secrets(mut self) -> Self {
        self.may_print_secrets = true;
        self
    }

    /// Starts the program, and leaves its standard streams to the caller.
    pub fn start(self) -> Child {
        assert!(self.computer.home().exists());
        let mut command = tokio::process::Command::from(self.command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).spawn().unwrap()
    }

    async fn finish(self) -> Finished {
        let name = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let (input, may_print_secrets) = (self.input.clone(), self.may_print_secrets);
        let mut child = self.start();
        let mut stdin = child.stdin.take().unwrap();
        // A program that does not read its input may have ended.
        let _ = stdin.write_all(&input).await;
        drop(stdin);
        let output = tokio::time::timeout(TIMEOUT, child.wait_with_output()).await;
        let output = output.unwrap_or_else(|_| panic!("{name} did not end")).unwrap();
        Finished::new(name, output, may_print_secrets)
    }
}

impl<'a> IntoFuture for Run<'a> {
    type Output = Finished;
    type IntoFuture = Pin<Box<dyn Future<Output = Finished> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.finish())
    }
}
