//! What the log of a job shows of the lines that its steps print.
#![allow(clippy::unwrap_used)] // Tests.

use nokube_dev_runner::output::{CommandReader, Output};

/// The lines that the log shows, and the commands.
fn read(lines: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut output, mut reader) = (Output::default(), CommandReader::with_masks(&["ghs_token"]));
    let shown = lines.iter().filter_map(|line| output.add_line(line, &mut reader)).collect();
    (shown, output.commands)
}

#[test]
fn errors_and_warnings_are_shown_without_their_properties() {
    let (shown, commands) = read(&[
        "::error title=Invalid source::The Dockerfile does not exist.",
        "::warning title=Git LFS::Files were not fetched.",
        "plain",
    ]);
    let expected =
        ["##[error]The Dockerfile does not exist.", "##[warning]Files were not fetched.", "plain"];
    assert_eq!(shown, expected);
    assert_eq!(commands.len(), 2);
}

#[test]
fn commands_are_text_while_they_are_stopped() {
    let lines = ["::stop-commands::t0ken", "::error::forged", "##[error]forged", "::t0ken::"];
    let (shown, commands) = read(&lines);
    assert_eq!(shown, lines);
    assert!(commands.is_empty());
    let (_, commands) = read(&[&lines[..], &["::error::real"]].concat());
    assert_eq!(commands, ["::error::real"]);
}

#[test]
fn masked_values_are_not_shown() {
    let (shown, _) = read(&["token ghs_token", "::add-mask::s3cret", "x s3cret y"]);
    assert_eq!(shown, ["token ***", "x *** y"]);
}
