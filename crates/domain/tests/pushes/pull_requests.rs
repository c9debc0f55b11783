//! Pull requests: why they are not built, and what follows from each look at one.

use crate::{
    fixtures::{commit, files, head, linked, look, next, sha, watched},
    pull_request_fixtures::{
        DAYS, REPOSITORY, approved, hour, look_at, pull_request, rules, settings, target_of,
    },
};
use nokube_domain::{
    previews::{PreviewRules, PullRequest, PullRequestState},
    pushes::{Finding, FoundHead, Look, PushOutcome, PushRecord},
};

/// What is found of a pull request at first.
fn problem_of(found: &PullRequest, rules: &PreviewRules<'_>) -> Option<PushOutcome> {
    found.problem(&found.summary(REPOSITORY, None, rules.now), rules)
}

#[test]
fn a_pull_request_is_built_unless_there_is_a_reason() {
    let (none, chosen) = (settings(&[]), settings(&["release", "next"]));
    let open = pull_request(1);
    assert_eq!(problem_of(&open, &rules(&none, None)), None);
    let off = PreviewRules { settings: None, ..rules(&none, None) };
    assert_eq!(problem_of(&open, &off), Some(PushOutcome::PreviewsOff));

    let other = Some(PushOutcome::BaseBranchNotChosen);
    assert_eq!(problem_of(&open, &rules(&chosen, None)), other, "the own branch is not chosen");
    let next = PullRequest { base_branch: "next".into(), ..open.clone() };
    assert_eq!(problem_of(&next, &rules(&chosen, None)), None);
    assert_eq!(problem_of(&next, &rules(&none, None)), other, "not the own branch");

    let draft = PullRequest { is_draft: true, ..open.clone() };
    assert_eq!(problem_of(&draft, &rules(&none, None)), Some(PushOutcome::Draft));
    let closed = PullRequest { state: PullRequestState::Closed, ..draft };
    assert_eq!(problem_of(&closed, &rules(&none, None)), Some(PushOutcome::Closed));
}

#[test]
fn a_fork_is_built_only_at_the_commit_that_was_approved() {
    let (settings, approved) = (settings(&[]), approved(1));
    let required = Some(PushOutcome::ApprovalRequired);
    let of_fork = PullRequest { head_repository: Some(8), ..pull_request(1) };
    let of_deleted_fork = PullRequest { head_repository: None, ..pull_request(1) };
    for fork in [of_fork, of_deleted_fork] {
        assert_eq!(problem_of(&fork, &rules(&settings, None)), required);
        assert_eq!(problem_of(&fork, &rules(&settings, Some(&approved))), None);
        let pushed = PullRequest { head: sha(2), ..fork };
        assert_eq!(problem_of(&pushed, &rules(&settings, Some(&approved))), required);
    }
    let own = problem_of(&pull_request(2), &rules(&settings, Some(&approved)));
    assert_eq!(own, None, "who may push to the repository needs no approval");
}

#[test]
fn an_unapproved_push_to_a_fork_leaves_the_preview_at_the_approved_commit() {
    let (settings, approved) = (settings(&[]), approved(1));
    let rules = rules(&settings, Some(&approved));
    let fork = PullRequest { head_repository: None, ..pull_request(1) };
    let first = look_at((1, hour(0)), &fork, None, &rules, true);
    let pushed = PullRequest { head: sha(2), ..fork };
    let second = look_at((2, hour(1)), &pushed, Some(&first), &rules, true);
    assert_eq!((second.outcome, target_of(&second)), (PushOutcome::ApprovalRequired, Some(1)));
    assert_eq!(second.pull_request.unwrap().head, sha(2), "the commit that can be approved");
}

#[test]
fn each_head_is_compared_with_the_branch_into_which_it_is_to_be_merged() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, false);
    assert_eq!((first.outcome, target_of(&first)), (PushOutcome::NotAffected, None));
    let second = look_at((2, hour(1)), &pull_request(2), Some(&first), &rules, true);
    assert_eq!((second.outcome, target_of(&second)), (PushOutcome::Affected, Some(2)));
    // The next commit takes back what the one before had changed: there is nothing to preview.
    let third = look_at((3, hour(2)), &pull_request(3), Some(&second), &rules, false);
    assert_eq!((third.outcome, target_of(&third)), (PushOutcome::NotAffected, None));
    let edited = PullRequest { title: "Add no cart".into(), ..pull_request(3) };
    let fourth = look_at((4, hour(3)), &edited, Some(&third), &rules, true);
    assert_eq!((fourth.outcome, target_of(&fourth)), (PushOutcome::NotAffected, None));
    assert_eq!(fourth.pull_request.unwrap().title, "Add no cart");
}

#[test]
fn a_pull_request_for_another_branch_is_compared_again_but_not_built_again() {
    let settings = settings(&["main", "release"]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let moved = PullRequest { base_branch: "release".into(), ..pull_request(1) };
    assert!(!first.knows(&moved.summary(REPOSITORY, Some(&first), hour(1))));
    let second = look_at((2, hour(1)), &moved, Some(&first), &rules, true);
    assert_eq!((second.outcome, &second.target), (PushOutcome::Affected, &first.target));
    assert!(second.knows(&moved.summary(REPOSITORY, Some(&second), hour(2))));
    // `release` has what it changes already.
    let third = look_at((2, hour(1)), &moved, Some(&first), &rules, false);
    assert_eq!((third.outcome, target_of(&third)), (PushOutcome::NotAffected, None));
    // The branch is not chosen any more, and chosen again.
    let away = PullRequest { base_branch: "old".into(), ..pull_request(1) };
    let fourth = look_at((4, hour(2)), &away, Some(&second), &rules, true);
    assert_eq!((fourth.outcome, target_of(&fourth)), (PushOutcome::BaseBranchNotChosen, None));
    let back = look_at((5, hour(3)), &pull_request(1), Some(&fourth), &rules, true);
    assert_eq!(back.preview_target(), first.preview_target());
}

#[test]
fn a_draft_keeps_the_preview_that_it_had_and_is_built_when_it_is_ready() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let draft = PullRequest { is_draft: true, ..pull_request(2) };
    let second = look_at((2, hour(1)), &draft, Some(&first), &rules, true);
    assert_eq!((second.outcome, target_of(&second)), (PushOutcome::Draft, Some(1)));
    let third = look_at((3, hour(2)), &pull_request(2), Some(&second), &rules, true);
    assert_eq!((third.outcome, target_of(&third)), (PushOutcome::Affected, Some(2)));
    assert_eq!(third.own_target().and_then(|own| own.previous.clone()), Some((0, sha(1))));
}

#[test]
fn a_preview_ends_after_days_without_a_push_and_comes_back_with_one() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let edited = PullRequest { title: "Add two carts".into(), ..pull_request(1) };
    let second = look_at((2, hour(100)), &edited, Some(&first), &rules, true);
    assert_eq!(second.outcome, PushOutcome::Unchanged);
    let ends_at = second.pull_request.clone().unwrap().ends_at(DAYS);
    assert_eq!(ends_at, hour(24 * DAYS), "an edit is no push");
    let third = look_at((3, ends_at), &edited, Some(&second), &rules, true);
    assert_eq!((third.outcome, target_of(&third)), (PushOutcome::Expired, None));
    let still = look_at((4, hour(300)), &edited, Some(&third), &rules, true);
    assert_eq!(still.outcome, PushOutcome::Expired);
    let pushed = look_at((5, hour(400)), &pull_request(2), Some(&still), &rules, true);
    assert_eq!(target_of(&pushed), Some(2));
    assert_eq!(pushed.pull_request.unwrap().ends_at(DAYS), hour(400 + 24 * DAYS));
}

#[test]
fn a_reopened_pull_request_has_its_preview_again_for_as_long_as_a_new_one() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let closed = PullRequest { state: PullRequestState::Closed, ..pull_request(1) };
    let second = look_at((2, hour(1)), &closed, Some(&first), &rules, true);
    assert_eq!((second.outcome, target_of(&second)), (PushOutcome::Closed, None));
    let again = look_at((3, hour(2)), &closed, Some(&second), &rules, true);
    assert_eq!(again.pull_request, second.pull_request, "it is closed as before");
    let third = look_at((4, hour(1000)), &pull_request(1), Some(&again), &rules, true);
    assert_eq!(third.preview_target(), first.preview_target(), "its build is there already");
    assert_eq!(third.pull_request.unwrap().ends_at(DAYS), hour(1000 + 24 * DAYS));
}

#[test]
fn a_skipped_head_leaves_the_preview_as_it_is_and_every_later_record_says_so() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let skip = |number, base: Option<&PushRecord>| {
        let look = Look {
            since: 0,
            pull_request: Some(pull_request(2).summary(REPOSITORY, base, hour(1))),
            ..look(number)
        };
        let found = Finding::Head(FoundHead { commit: commit(2), is_skipped: true, file: None });
        PushRecord::next(look, base, found, &files(&["frontend/main.rs"]), &watched())
    };
    let second = skip(2, Some(&first));
    assert_eq!((second.outcome, target_of(&second)), (PushOutcome::Skipped, Some(1)));
    let third = skip(3, Some(&second));
    assert_eq!((third.outcome, target_of(&third)), (PushOutcome::Skipped, Some(1)));
    let alone = skip(4, Some(&skip(3, None)));
    assert_eq!((alone.outcome, target_of(&alone)), (PushOutcome::Skipped, None));
}

#[test]
fn a_preview_holds_its_place_until_it_ends() {
    let settings = settings(&[]);
    let rules = rules(&settings, None);
    let first = look_at((1, hour(0)), &pull_request(1), None, &rules, true);
    let held = PushRecord { preview_place: Some(1), ..first };
    let draft = PullRequest { is_draft: true, ..pull_request(2) };
    let second = look_at((2, hour(1)), &draft, Some(&held), &rules, true);
    assert_eq!(second.preview_place, Some(1));
    let closed = PullRequest { state: PullRequestState::Closed, ..pull_request(2) };
    let third = look_at((3, hour(2)), &closed, Some(&second), &rules, true);
    assert_eq!(third.preview_place, None);
    let reopened = look_at((4, hour(3)), &pull_request(2), Some(&third), &rules, true);
    assert_eq!(reopened.preview_place, None, "somebody else may have it");
    let full = Finding::Problem(PushOutcome::TooManyPreviews);
    let fifth = Look { pull_request: reopened.pull_request.clone(), ..look(5) };
    let fifth = PushRecord::next(fifth, Some(&held), full, &files(&[]), &watched());
    assert_eq!((fifth.preview_place, target_of(&fifth)), (None, Some(1)));
    // A push to a branch has none.
    let push = PushRecord { preview_place: Some(1), ..linked(1) };
    let next = next(look(2), Some(&push), head(2), true);
    assert_eq!(next.preview_place, None);
}

#[test]
fn texts_of_a_pull_request_are_shown_in_one_line_and_cut() {
    let hostile = PullRequest {
        title: format!("Pay bob@example.org \u{202e}\nnow {}", "x".repeat(300)),
        author: Some("bob\u{200b}".into()),
        head_branch: "y".repeat(250),
        ..pull_request(1)
    };
    let summary = hostile.summary(REPOSITORY, None, hour(0));
    assert!(summary.title.starts_with("Pay … now xxx"), "{}", summary.title);
    assert_eq!(summary.title.chars().count(), 121);
    assert_eq!(summary.author.as_deref(), Some("bob"));
    assert_eq!(summary.head_branch.chars().count(), 121);
    let of_nobody = PullRequest { author: None, ..hostile };
    assert_eq!(of_nobody.summary(REPOSITORY, None, hour(0)).author, None);
}
