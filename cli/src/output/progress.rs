//! Progress on standard error: a spinner in a terminal, a line for each message elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{cell::RefCell, io::Write, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Spinner,
    Lines,
    None,
}

/// Ends when it is dropped: the spinner disappears.
#[derive(Debug)]
pub struct Progress {
    kind: Kind,
    bar: Option<ProgressBar>,
    message: RefCell<String>,
}

impl Progress {
    pub(super) fn start(kind: Kind, message: &str) -> Self {
        let bar = (kind == Kind::Spinner).then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            let bar = ProgressBar::new_spinner();
            let bar = match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            };
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let progress = Self { kind, bar, message: RefCell::default() };
        progress.set(message);
        progress
    }

    /// Shows another message in place of the current one.
    pub fn set(&self, message: &str) {
        let message = super::clean(message);
        if *self.message.borrow() == *message {
            return;
        }
        self.message.replace(message.to_string());
        match &self.bar {
            Some(bar) => bar.set_message(message.into_owned()),
            None => self.line(&message),
        }
    }

    /// The message is shown in place of the one before.
    pub fn is_spinner(&self) -> bool {
        self.bar.is_some()
    }

    /// Prints a line above the spinner, which stays.
    pub fn line(&self, line: &str) {
        match (&self.bar, self.kind) {
            (Some(bar), _) => bar.suspend(|| print(&super::style::clean_styled(line))),
            (None, Kind::None) => {}
            (None, _) => print(line),
        }
    }

    /// Runs `print`, which prints to standard output or error, without the spinner in between.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn print(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
