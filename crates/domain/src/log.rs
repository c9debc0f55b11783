//! Lines of the log: `KIND name=value …` (logfmt), one line whatever a value holds.

use std::fmt::Write as _;

/// A line of a kind with its values, in their order.
pub fn line(kind: &str, values: &[(&str, &str)]) -> String {
    let mut line = kind.to_owned();
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

/// As in JSON. All but printable ASCII is escaped: a terminal may take other characters for commands or
/// for a line's end.
fn push_quoted(line: &mut String, value: &str) {
    line.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            ' '..='~' => line.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a text does not fail.
                    let _ = write!(line, "\\u{unit:04x}");
                }
            }
        }
    }
    line.push('"');
}
