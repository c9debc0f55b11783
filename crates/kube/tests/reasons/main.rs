//! The table of reasons: each row has a test from an object that was recorded on a real cluster, or, if it cannot be
//! produced there, from the words in the source of Kubernetes or containerd.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod from_source;
mod recorded;

use nokube_domain::deployments::Issue;
use nokube_kube::observe::reasons::{Row, rows};
use std::collections::BTreeSet;

fn row(id: &str) -> &'static Row {
    rows().find(|row| row.id == id).unwrap_or_else(|| panic!("there is no row {id}"))
}

/// Whether the issue was made from this row: its message has all parts of the row's message.
fn is_from(issue: &Issue, row: &Row) -> bool {
    let mut rest = Some(issue.message.as_str());
    for part in row.message.split('{') {
        let literal = part.split_once('}').map_or(part, |(_, literal)| literal);
        rest = rest.and_then(|text| text.split_once(literal)).map(|(_, rest)| rest);
    }
    rest.is_some() && issue.code == row.code
}

#[test]
fn each_row_has_a_test() {
    let ids: Vec<_> = rows().map(|row| row.id).collect();
    let rows: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), rows.len(), "each name is used once");
    let tested: BTreeSet<_> = recorded::rows().chain(from_source::rows()).collect();
    assert_eq!(rows.difference(&tested).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn each_row_says_what_is_wrong_and_what_to_do() {
    for row in rows() {
        let is_sentence = |text: &str| text.ends_with(['.', '?']) && !text.contains("  ");
        assert!(is_sentence(row.message) && is_sentence(row.action), "{row:?}");
    }
}
