//! Writes lines to standard output and standard error.

use std::io::Write;

/// Writes one line with a single call, so that lines of several instances do not interleave. Errors are
/// ignored: `println!` would panic when nobody reads the stream.
pub fn write_line(mut stream: impl Write, line: String) {
    let _ = stream.write_all((line + "\n").as_bytes());
}
