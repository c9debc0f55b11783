//! What a run of the program has printed, and its exit status.

use serde_json::Value;
use std::{fmt, process::Output};

#[derive(Debug)]
pub struct Finished {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    command: String,
}

/// The beginnings of secrets: no output may have one. A token is printed by `tokens create` only.
const SECRETS: [&str; 5] = ["nkt_", "nkr_", "nkc_", "Bearer ey", "sentinel-"];

impl Finished {
    pub(crate) fn new(command: String, output: Output, may_print_secrets: bool) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        // Without a terminal there is neither colour nor a spinner, and a signal is no way to end.
        let status = output.status.code().unwrap_or_else(|| panic!("{command}: {}", output.status));
        let finished = Self { status, stdout, stderr, command };
        let printed = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!printed.contains('\u{1b}'), "escape sequences: {finished:?}");
        assert!(!printed.contains("panicked"), "{finished:?}");
        for secret in SECRETS {
            assert!(may_print_secrets || !printed.contains(secret), "a secret: {finished:?}");
        }
        finished
    }

    /// Checks the exit status.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Checks that standard output contains a text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no '{text}' in the output of {self}");
        self
    }

    /// Checks that standard error contains a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no '{text}' in the messages of {self}");
        self
    }

    /// The result of a command with `--json`.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The lines of a stream with `--json`.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The error that a command with `--json` prints.
    #[track_caller]
    pub fn json_error(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let parsed: Value =
            serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self}"));
        parsed["error"].clone()
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, stdout, stderr, command } = self;
        write!(
            f,
            "{command}, exit status {status}\n--- standard output\n{stdout}\n--- standard error\n{stderr}"
        )
    }
}
