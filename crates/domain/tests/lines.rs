//! Splitting a stream of chunks into lines.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use nokube_domain::lines::{Line, LineSplitter, MAX_LINE_BYTES};
use proptest::prelude::*;

fn split(text: &[u8], chunk_size: usize) -> Vec<Line> {
    let mut splitter = LineSplitter::default();
    let mut lines: Vec<_> =
        text.chunks(chunk_size).flat_map(|chunk| splitter.feed(chunk)).collect();
    lines.extend(splitter.finish());
    lines
}

fn parts_of(lines: &[Line]) -> Vec<(&str, bool)> {
    lines.iter().map(|line| (line.text.as_str(), line.is_continuation)).collect()
}

#[test]
fn lines_end_at_line_breaks() {
    for chunk_size in 1..9 {
        let lines = split(b"one\r\n\ntwo\nthree", chunk_size);
        assert_eq!(
            parts_of(&lines),
            [("one", false), ("", false), ("two", false), ("three", false)]
        );
    }
    assert_eq!(split(b"", 1), []);
}

#[test]
fn a_line_that_is_too_long_is_continued() {
    for (length, parts) in [
        (0, 0),
        (1, 1),
        (MAX_LINE_BYTES - 1, 1),
        (MAX_LINE_BYTES, 1),
        (MAX_LINE_BYTES + 1, 2),
        (3 * MAX_LINE_BYTES, 3),
    ] {
        for end in ["\n", "\r\n"] {
            let text = format!("{}{end}next", "x".repeat(length));
            let lines = split(text.as_bytes(), 1_000);
            let (next, long) = lines.split_last().unwrap();
            assert_eq!(parts_of(std::slice::from_ref(next)), [("next", false)], "{length}");
            assert_eq!(long.len(), parts.max(1), "{length} {end:?}");
            assert!(
                long.iter().skip(1).all(|part| part.is_continuation) && !long[0].is_continuation
            );
            assert_eq!(long.iter().map(|part| part.text.len()).sum::<usize>(), length);
        }
    }
}

#[test]
fn a_program_cannot_forge_the_timestamp_of_a_line() {
    let forged = "2099-01-01T00:00:00Z not so";
    let text = format!(
        "2026-01-02T03:04:05.5Z {}{forged}\n{forged}\nno time",
        "x".repeat(MAX_LINE_BYTES - 23)
    );
    let timed: Vec<_> =
        split(text.as_bytes(), 1_000).into_iter().map(Line::split_timestamp).collect();
    let times: Vec<_> = timed.iter().map(|(at, _)| at.map(|at| at.to_string())).collect();
    let some = |text: &str| Some(text.to_owned());
    // Only the line break makes the second timestamp Kubernetes' own.
    assert_eq!(times, [some("2026-01-02T03:04:05.5Z"), None, some("2099-01-01T00:00:00Z"), None]);
    assert_eq!((timed[1].1.as_str(), timed[2].1.as_str()), (forged, "not so"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_result_does_not_depend_on_the_chunks(
        lengths in prop::collection::vec(0..2 * MAX_LINE_BYTES + 3, 0..4),
        chunk_size in 1..3 * MAX_LINE_BYTES,
    ) {
        let text: Vec<_> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        let text = text.join("\n");
        prop_assert_eq!(split(text.as_bytes(), chunk_size), split(text.as_bytes(), usize::MAX));
    }
}
