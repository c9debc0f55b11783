//! The faults of a file, with line and column.

use super::{ConfigFile, FILE_NAME};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// Faults of a file that are listed. One more then says how many there are besides.
pub const MAX_ERRORS: usize = 50;

/// The most characters of the path of a field, and of what is wrong with it: both repeat names of the file.
const MAX_FIELD: usize = 200;
const MAX_DETAIL: usize = 400;

/// A fault of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ConfigFileError))]
pub struct FileError {
    /// Counted from 1.
    #[cfg_attr(feature = "schema", schema(minimum = 1))]
    pub line: u32,
    /// The character in the line, counted from 1.
    #[cfg_attr(feature = "schema", schema(minimum = 1))]
    pub column: u32,
    /// The path of the field in the file, such as `services.frontend.build.context`. Empty if the text is not TOML.
    pub field: String,
    /// What is wrong with the field, such as `must be a string`.
    pub detail: String,
}

/// As compilers print it: `nokube.toml:3:5: services.frontend.build.context: must be a string`.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, field, detail } = self;
        write!(f, "{FILE_NAME}:{line}:{column}: ")?;
        if !field.is_empty() {
            write!(f, "{field}: ")?;
        }
        f.write_str(detail)
    }
}

/// A fault at a place in the text.
pub(super) struct Fault {
    /// In bytes.
    pub at: usize,
    pub field: String,
    pub detail: String,
}

/// The faults that were found in a text.
pub(super) struct Faults<'a> {
    text: &'a str,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    found: Vec<Fault>,
    syntax_errors: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { text, lines, found: Vec::new(), syntax_errors: Vec::new() }
    }

    pub fn add(&mut self, at: usize, field: &str, detail: impl Into<String>) {
        self.push(Fault { at, field: field.to_owned(), detail: detail.into() });
    }

    pub fn push(&mut self, fault: Fault) {
        self.found.push(fault);
    }

    pub fn add_syntax_error(&mut self, at: usize, detail: String) {
        self.syntax_errors.push(Fault { at, field: String::new(), detail });
    }

    /// `file` if nothing is wrong.
    pub fn finish(mut self, file: ConfigFile) -> Result<ConfigFile, Vec<FileError>> {
        self.keep_first_syntax_errors();
        let mut faults = std::mem::take(&mut self.found);
        faults.append(&mut self.syntax_errors);
        faults.sort_by_key(|fault| fault.at);
        let rest = faults.split_off(faults.len().min(MAX_ERRORS));
        let mut errors: Vec<_> = faults.into_iter().map(|fault| self.error(fault)).collect();
        if let Some(next) = rest.first() {
            let detail = format!("and {} more faults from here", rest.len());
            errors.push(self.error(Fault { at: next.at, field: String::new(), detail }));
        }
        if errors.is_empty() { Ok(file) } else { Err(errors) }
    }

    /// Keeps the first syntax error of each line. What else is found in such a line follows from it.
    fn keep_first_syntax_errors(&mut self) {
        let mut errors = std::mem::take(&mut self.syntax_errors);
        errors.sort_by_key(|error| error.at);
        let mut lines = BTreeSet::new();
        errors.retain(|error| lines.insert(self.line(error.at)));
        let mut found = std::mem::take(&mut self.found);
        found.retain(|fault| !lines.contains(&self.line(fault.at)));
        (self.found, self.syntax_errors) = (found, errors);
    }

    /// The number of the line, counted from 1.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    fn error(&self, fault: Fault) -> FileError {
        let at = fault.at.min(self.text.len());
        let line = self.line(at);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..).unwrap_or_default().char_indices();
        let column = before.take_while(|(offset, _)| start + offset < at).count() + 1;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (field, detail) = (shorten(fault.field, MAX_FIELD), shorten(fault.detail, MAX_DETAIL));
        FileError { line: number(line), column: number(column), field, detail }
    }
}

/// The first `max` characters.
fn shorten(mut text: String, max: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
        text.push('…');
    }
    text
}
