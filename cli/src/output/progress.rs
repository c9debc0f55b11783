//! Progress on standard error: a spinner in a terminal, a line for each message elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{cell::RefCell, io::Write, time::Duration};

/// How it is shown.
#[derive(Debug)]
pub(super) enum Display {
    Spinner(ProgressBar),
    Lines,
    None,
}

impl Display {
    pub(super) fn spinner() -> Self {
        let mut bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar = bar.with_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Spinner(bar)
    }
}

/// Ends when it is dropped: the spinner disappears.
#[derive(Debug)]
pub struct Progress {
    display: Display,
    message: RefCell<String>,
}

impl Progress {
    pub(super) fn start(display: Display, message: &str) -> Self {
        let progress = Self { display, message: RefCell::default() };
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
        match &self.display {
            Display::Spinner(bar) => bar.set_message(message.into_owned()),
            Display::Lines | Display::None => self.line(&message),
        }
    }

    /// The message is shown in place of the one before.
    pub fn is_spinner(&self) -> bool {
        matches!(self.display, Display::Spinner(_))
    }

    /// Prints a line above the spinner, which stays.
    pub fn line(&self, line: &str) {
        match &self.display {
            Display::Spinner(bar) => bar.suspend(|| print(&super::style::clean_styled(line))),
            Display::Lines => print(line),
            Display::None => {}
        }
    }

    /// Runs `print`, which prints to standard output or error, without the spinner in between.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.display {
            Display::Spinner(bar) => bar.suspend(print),
            Display::Lines | Display::None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Spinner(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

fn print(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
