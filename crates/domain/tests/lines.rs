//! Lines of a text that comes in pieces.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Tests.

use nokube_domain::lines::{Cutter, LONGEST, Line};
use proptest::prelude::*;

fn cut(text: &[u8], piece: usize) -> Vec<Line> {
    let mut cutter = Cutter::default();
    let mut lines: Vec<_> = text.chunks(piece).flat_map(|piece| cutter.cut(piece)).collect();
    lines.extend(cutter.end());
    lines
}

fn told(lines: &[Line]) -> Vec<(&str, bool)> {
    lines.iter().map(|line| (line.text.as_str(), line.continues)).collect()
}

#[test]
fn lines_end_where_the_text_says() {
    for piece in 1..9 {
        let lines = cut(b"one\r\n\ntwo\nthree", piece);
        assert_eq!(told(&lines), [("one", false), ("", false), ("two", false), ("three", false)]);
    }
    assert_eq!(cut(b"", 1), []);
}

#[test]
fn a_line_that_is_too_long_goes_on_as_one_that_says_so() {
    for (length, parts) in
        [(0, 0), (1, 1), (LONGEST - 1, 1), (LONGEST, 1), (LONGEST + 1, 2), (3 * LONGEST, 3)]
    {
        for end in ["\n", "\r\n"] {
            let text = format!("{}{end}next", "x".repeat(length));
            let lines = cut(text.as_bytes(), 1_000);
            let (next, long) = lines.split_last().unwrap();
            assert_eq!(told(std::slice::from_ref(next)), [("next", false)], "{length}");
            assert_eq!(long.len(), parts.max(1), "{length} {end:?}");
            assert!(long.iter().skip(1).all(|part| part.continues) && !long[0].continues);
            assert_eq!(long.iter().map(|part| part.text.len()).sum::<usize>(), length);
        }
    }
}

#[test]
fn a_program_cannot_forge_the_time_of_a_line() {
    let forged = "2099-01-01T00:00:00Z not so";
    let text =
        format!("2026-01-02T03:04:05.5Z {}{forged}\n{forged}\nno time", "x".repeat(LONGEST - 23));
    let timed: Vec<_> = cut(text.as_bytes(), 1_000).into_iter().map(Line::timed).collect();
    let times: Vec<_> = timed.iter().map(|(at, _)| at.map(|at| at.to_string())).collect();
    let some = |text: &str| Some(text.to_owned());
    // The second line came with that time from the cluster itself.
    assert_eq!(times, [some("2026-01-02T03:04:05.5Z"), None, some("2099-01-01T00:00:00Z"), None]);
    assert_eq!((timed[1].1.as_str(), timed[2].1.as_str()), (forged, "not so"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn where_it_is_cut_depends_on_the_text_alone(
        lengths in prop::collection::vec(0..2 * LONGEST + 3, 0..4),
        piece in 1..3 * LONGEST,
    ) {
        let text: Vec<_> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        let text = text.join("\n");
        prop_assert_eq!(cut(text.as_bytes(), piece), cut(text.as_bytes(), usize::MAX));
    }
}
