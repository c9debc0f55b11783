//! The program in a terminal.

use nix::sys::wait::WaitStatus;
use rexpect::session::PtySession;
use std::process::Command;

/// How long a text may take to appear.
const TIMEOUT_MS: u64 = 60_000;

/// The program in a terminal. Calls block: tests use it on a thread of its own, by `tokio::task::block_in_place`.
pub struct Terminal {
    session: PtySession,
    /// What has appeared until now.
    shown: String,
}

impl Terminal {
    pub(crate) fn start(command: Command) -> Self {
        let session = rexpect::session::spawn_command(command, Some(TIMEOUT_MS)).unwrap();
        Self { session, shown: String::new() }
    }

    /// Waits for a text.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> &mut Self {
        match self.session.exp_string(text) {
            Ok(before) => self.shown.push_str(&format!("{before}{text}")),
            Err(error) => panic!("no '{text}' after: {}\n{error}", self.shown),
        }
        self
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) -> &mut Self {
        // The return key: a program that reads single keys sees the terminal's own character.
        self.session.send(&format!("{line}\r")).unwrap();
        self.session.flush().unwrap();
        self
    }

    /// Presses a control key, for example Ctrl-C.
    pub fn press_control(&mut self, key: char) -> &mut Self {
        self.session.send_control(key).unwrap();
        self
    }

    /// Waits for the end. Returns the exit status, and all that has appeared.
    #[track_caller]
    pub fn end(mut self) -> (i32, String) {
        match self.session.exp_eof() {
            Ok(rest) => self.shown.push_str(&rest),
            Err(error) => panic!("not at its end after: {}\n{error}", self.shown),
        }
        match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, status) => (status, self.shown),
            other => panic!("{other:?} after: {}", self.shown),
        }
    }
}
