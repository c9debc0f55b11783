//! Log lines in logfmt: `KIND name=value …`. Always a single line, whatever the values contain.

use crate::host::{LogLevel, log};
use std::fmt::Write as _;

/// Writes a log line.
pub fn write_line(level: LogLevel, kind: &str, values: &[(&str, &str)]) {
    log(level, format_line(kind, values));
}

/// Most lines are shorter, with their line break.
const USUAL_BYTES: usize = 384;

/// Formats a log line, with the values in the given order.
pub fn format_line(kind: &str, values: &[(&str, &str)]) -> String {
    let mut line = String::with_capacity(USUAL_BYTES);
    line.push_str(kind);
    for (name, value) in values {
        line.push(' ');
        line.push_str(name);
        line.push('=');
        match is_plain(value) {
            true => line.push_str(value),
            false => push_quoted(&mut line, value),
        }
    }
    line
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'='))
}

/// Quotes as in JSON. Everything but printable ASCII is escaped, because a terminal may interpret other
/// characters as commands or line breaks.
fn push_quoted(line: &mut String, value: &str) {
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            ' '..='~' => line.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String does not fail.
                    let _ = write!(line, "\\u{unit:04x}");
                }
            }
        }
    }
    line.push('"');
}
