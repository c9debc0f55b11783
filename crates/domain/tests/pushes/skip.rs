//! Commit messages that ask for no build.

use nokube_domain::pushes::{CommitSummary, says_skip};

#[test]
fn the_markers_of_github_actions_are_known() {
    for message in [
        "Fix a typo [skip ci]",
        "[CI skip] Fix a typo",
        "Fix a typo\n\nNothing to build. [No CI]",
        "Fix [skip actions]",
        "Fix [Actions Skip]",
        "Fix a typo\n\nskip-checks: true",
        "Fix a typo\n\n\nskip-checks:true\n",
        "Fix a typo\r\n\r\nSigned-off-by: a\r\nSkip-Checks: true\r\n",
    ] {
        assert!(says_skip(message), "{message}");
    }
    for message in [
        "",
        "skip ci",
        "[skip  ci]",
        "[ci-skip]",
        "skip-checks: true",
        "Fix a typo\nskip-checks: true",
        "Fix a typo\n\nskip-checks: true\n\nsigned-off-by: a",
        "Fix a typo\n\nskip-checks: false",
        "Fix a typo\n\nno-skip-checks: true",
    ] {
        assert!(!says_skip(message), "{message}");
    }
}

#[test]
fn what_is_shown_of_a_commit_is_one_short_line_without_an_address() {
    let sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e".parse().unwrap();
    let message = format!("\n  Fix\u{202e} it\u{7} {}\n\nMore", "a".repeat(200));
    let commit = CommitSummary::new(sha, &message, Some("Ada <ada@example.com>"));
    assert!(commit.subject.starts_with("Fix it aaa") && commit.subject.ends_with('…'));
    assert_eq!(commit.subject.chars().count(), 121);
    assert_eq!(commit.author, None);
    let sha = commit.sha;
    let message = "Thank <ada@example.com> for @octo/scope@2.0 and a @mention";
    let commit = CommitSummary::new(sha, message, Some("ada"));
    assert_eq!(commit.subject, "Thank … for @octo/scope@2.0 and a @mention");
}
