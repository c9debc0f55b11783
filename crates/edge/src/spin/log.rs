//! Writes the lines of the log. A line is written with a single call, so that lines of several instances do not
//! interleave. Errors are ignored: nobody may be reading the stream.

use crate::host::LogLevel;

/// The longest text of a single call (`wasi:io/streams`).
#[cfg(target_family = "wasm")]
const MAX_BYTES: usize = 4096;

#[cfg(target_family = "wasm")]
thread_local! {
    static STDOUT: wasip2::io::streams::OutputStream = wasip2::cli::stdout::get_stdout();
    static STDERR: wasip2::io::streams::OutputStream = wasip2::cli::stderr::get_stderr();
}

/// (The standard library calls the host three times for each line.)
#[cfg(target_family = "wasm")]
pub fn write(level: LogLevel, line: String) {
    let stream = match level {
        LogLevel::Request => &STDOUT,
        LogLevel::Event => &STDERR,
    };
    stream.with(|stream| {
        for part in line.as_bytes().chunks(MAX_BYTES) {
            let _ = stream.blocking_write_and_flush(part);
        }
    });
}

#[cfg(not(target_family = "wasm"))]
pub fn write(level: LogLevel, line: String) {
    use std::io::{Write, stderr, stdout};
    let _ = match level {
        LogLevel::Request => stdout().write_all(line.as_bytes()),
        LogLevel::Event => stderr().write_all(line.as_bytes()),
    };
}
