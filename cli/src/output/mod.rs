//! What the program prints: results to standard output, progress and messages to standard error.

mod ask;
mod progress;
pub mod style;
pub mod table;
pub mod time;

pub use progress::Progress;
pub use style::{Style, clean};
pub use table::Table;

use crate::{Error, Exit, args::GlobalOptions, environment::Environment, text};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

#[derive(Clone, Debug)]
pub struct Output {
    json: bool,
    verbose: bool,
    yes: bool,
    /// Standard input and standard error are a terminal: questions can be asked.
    can_ask: bool,
    stdout: Stream,
    stderr: Stream,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    is_terminal: bool,
    colour: bool,
}

impl Output {
    pub fn new(options: &GlobalOptions, environment: &Environment) -> Self {
        let stream = |is_terminal: bool| Stream {
            is_terminal,
            colour: is_terminal && !options.no_color && !environment.no_color,
        };
        let (stdout, stderr) =
            (stream(io::stdout().is_terminal()), stream(io::stderr().is_terminal()));
        Self {
            json: options.json,
            verbose: options.verbose,
            yes: options.yes,
            can_ask: io::stdin().is_terminal() && stderr.is_terminal,
            stdout,
            stderr,
        }
    }

    /// The result is printed as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Questions can be asked.
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.stdout.is_terminal
    }

    /// Prints a line of the result.
    pub fn print(&self, line: &str) {
        write_line(io::stdout().lock(), self.stdout, line);
    }

    /// Prints a part of the result as it is, without an end of line.
    pub fn print_raw(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        ended(stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }

    /// Prints a table of the result.
    pub fn table(&self, table: &Table) {
        let mut text = table.render(self.stdout.colour);
        text.truncate(text.trim_end_matches('\n').len());
        self.print(&text);
    }

    /// Prints the result as one JSON document.
    pub fn json(&self, value: &impl Serialize) {
        let text = if self.stdout.is_terminal {
            serde_json::to_string_pretty(value)
        } else {
            serde_json::to_string(value)
        };
        self.print(&text.unwrap_or_default());
    }

    /// Prints a line of a stream of JSON documents.
    pub fn json_line(&self, value: &impl Serialize) {
        self.print(&serde_json::to_string(value).unwrap_or_default());
    }

    /// Prints a message to standard error. With `--json` too.
    pub fn note(&self, message: &str) {
        write_line(io::stderr().lock(), self.stderr, message);
    }

    /// Prints a message to standard error with `--verbose`.
    pub fn verbose(&self, message: impl FnOnce() -> String) {
        if self.verbose {
            self.note(&self.styled(Style::Faint, &message()));
        }
    }

    /// Text for standard error.
    pub fn styled(&self, style: Style, text: &str) -> String {
        style.apply(text, self.stderr.colour)
    }

    /// Text for standard output.
    pub fn styled_result(&self, style: Style, text: &str) -> String {
        style.apply(text, self.stdout.colour)
    }

    /// Starts to show progress.
    pub fn progress(&self, message: &str) -> Progress {
        let display = match (self.json, self.stderr.is_terminal) {
            (true, _) => progress::Display::None,
            (false, true) => progress::Display::spinner(),
            (false, false) => progress::Display::Lines,
        };
        Progress::start(display, message)
    }

    pub fn error(&self, error: &Error) {
        if self.json {
            self.note(&error.to_json().to_string());
            return;
        }
        let word = self.styled(Style::Bad, &text!("error", "erreur"));
        self.note(&format!("{word}: {}", clean(&error.message)));
        for sentence in &error.next {
            self.note(&clean(sentence));
        }
        if let Some(id) = &error.request_id
            && error.exit == Exit::Unavailable
            && !error.message.contains(id)
        {
            self.note(&text!("The request's id is {id}.", "L’identifiant de la requête est {id}."));
        }
    }
}

fn write_line(mut stream: impl Write, to: Stream, line: &str) {
    let line = if to.is_terminal { style::clean_styled(line) } else { line.into() };
    ended(stream.write_all(format!("{line}\n").as_bytes()).and_then(|()| stream.flush()));
}

/// Ends the program if the reader of a pipe has ended, as `head` does.
fn ended(result: io::Result<()>) {
    if result.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}
