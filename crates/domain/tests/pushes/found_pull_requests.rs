//! What a look at a pull request says about a service, and when it says something new.

use crate::{
    fixtures::{commit, files, look, watched},
    pull_request_fixtures::{approved, hour, number_of, pull_request, rules, settings, target_of},
};
use nokube_domain::{
    previews::{
        ApprovedCommit, FoundPullRequest, News, PreviewRules, PreviewSettings, PullRequest,
        PullRequestState, ShownPullRequest, pull_request_ref,
    },
    pushes::{Comparison, Finding, FoundHead, Look, PushOutcome, PushRecord},
};

fn from_fork(head: u32) -> PullRequest {
    PullRequest { head_repository: Some(666), ..pull_request(head) }
}

fn closed(head: u32) -> PullRequest {
    PullRequest { state: PullRequestState::Closed, ..pull_request(head) }
}

fn shown(pull_request: &PullRequest) -> ShownPullRequest<'_> {
    ShownPullRequest::Present(pull_request)
}

/// A service with previews, and its records of the pull request.
struct Story {
    settings: PreviewSettings,
    approved: Option<ApprovedCommit>,
    problem: Option<PushOutcome>,
    day: i64,
    /// The file that the pull request changes.
    changed: &'static str,
    records: Vec<PushRecord>,
}

impl Story {
    fn new() -> Self {
        Self {
            settings: settings(&[]),
            approved: None,
            problem: None,
            day: 0,
            changed: "frontend/main.rs",
            records: Vec::new(),
        }
    }

    fn newest(&self) -> Option<&PushRecord> {
        self.records.last()
    }

    fn find(&self, shown: ShownPullRequest<'_>) -> Option<FoundPullRequest> {
        let rules = rules(&self.settings, self.approved.as_ref());
        let rules = PreviewRules { now: hour(24 * self.day), ..rules };
        FoundPullRequest::find(shown, self.problem, self.newest(), &rules)
    }

    fn news(&self, pull_request: &PullRequest) -> Option<News> {
        Some(self.find(shown(pull_request))?.is_news(self.newest()))
    }

    /// The outcome of the record that is made. Nothing is known of a head that is not compared.
    fn look(&mut self, pull_request: &PullRequest) -> PushOutcome {
        let found = self.find(shown(pull_request)).unwrap();
        let compared = found.comparison(self.newest()).map(|(base, head)| {
            assert_eq!((base, head), (&pull_request.base, &pull_request.head));
            FoundHead { commit: commit(number_of(head)), is_skipped: false, file: None }
        });
        let comparison = match compared {
            Some(_) => files(&[self.changed]),
            None => Comparison::Everything,
        };
        let finding = found.finding(self.newest(), compared.as_ref(), &comparison, &watched());
        self.record(found, finding.unwrap(), &comparison)
    }

    fn record(
        &mut self,
        found: FoundPullRequest,
        finding: Finding,
        comparison: &Comparison,
    ) -> PushOutcome {
        let look = Look {
            at: hour(24 * self.day),
            since: 0,
            branch: pull_request_ref(12),
            pull_request: Some(found.summary),
            ..look(u32::try_from(self.records.len()).unwrap() + 1)
        };
        let record = PushRecord::next(look, self.newest(), finding, comparison, &watched());
        let outcome = record.outcome;
        self.records.push(record);
        outcome
    }
}

#[test]
fn each_change_is_news_once() {
    let mut story = Story::new();
    let draft = PullRequest { is_draft: true, ..pull_request(1) };
    let renamed = PullRequest { title: "Fix all".into(), ..pull_request(1) };
    for (pull, outcome) in [
        (&draft, PushOutcome::Draft),
        (&pull_request(1), PushOutcome::Affected),
        (&renamed, PushOutcome::Unchanged),
        (&pull_request(2), PushOutcome::Affected),
        (&closed(2), PushOutcome::Closed),
        (&pull_request(2), PushOutcome::Unchanged),
    ] {
        assert_eq!(story.news(pull), Some(News::Yes), "{outcome}");
        assert_eq!(story.look(pull), outcome);
        assert_eq!(story.news(pull), Some(News::No), "{outcome}");
    }
}

#[test]
fn a_pull_request_that_never_had_a_preview_has_no_end() {
    let mut story = Story::new();
    let other = PullRequest { base_branch: "release".into(), ..pull_request(1) };
    assert_eq!(story.news(&closed(1)), None);
    assert_eq!(story.news(&other), None);
    assert_eq!(story.find(ShownPullRequest::Gone), None);
    story.look(&pull_request(1));
    assert_eq!(story.look(&other), PushOutcome::BaseBranchNotChosen);
    story.settings.base_branches = vec!["release".into()];
    assert_eq!(story.look(&other), PushOutcome::Unchanged);
    assert_eq!(story.look(&pull_request(1)), PushOutcome::BaseBranchNotChosen);
}

#[test]
fn it_ends_after_a_week_without_a_push_even_if_nobody_may_read_it() {
    let mut story = Story::new();
    story.look(&pull_request(1));
    story.day = 6;
    assert_eq!(story.news(&pull_request(1)), Some(News::No));
    story.problem = Some(PushOutcome::NotAMember);
    assert_eq!(story.look(&pull_request(1)), PushOutcome::NotAMember);
    story.day = 7;
    assert_eq!(story.look(&pull_request(1)), PushOutcome::Expired);
    story.problem = None;
    assert_eq!(story.news(&pull_request(1)), Some(News::No));
    assert_eq!(story.look(&pull_request(2)), PushOutcome::Affected);
    // And is it opened again, it has another week.
    story.day = 20;
    story.look(&pull_request(2));
    story.look(&closed(2));
    assert_eq!(story.look(&pull_request(2)), PushOutcome::Unchanged);
}

#[test]
fn of_a_fork_only_the_approved_commit_is_found() {
    let mut story = Story::new();
    assert_eq!(story.look(&from_fork(1)), PushOutcome::ApprovalRequired);
    assert_eq!(story.news(&from_fork(1)), Some(News::No));
    story.approved = Some(approved(2));
    assert_eq!(story.news(&from_fork(1)), Some(News::No));
    story.approved = Some(approved(1));
    assert_eq!(story.news(&from_fork(1)), Some(News::Yes));
    assert_eq!(story.look(&from_fork(1)), PushOutcome::Affected);
    assert_eq!(story.look(&from_fork(2)), PushOutcome::ApprovalRequired);
    assert_eq!(target_of(story.newest().unwrap()), Some(1), "what was approved stays");
}

#[test]
fn a_fork_that_does_not_touch_the_service_needs_no_approval() {
    let mut story = Story::new();
    story.changed = "docs/readme.md";
    assert_eq!(story.look(&from_fork(1)), PushOutcome::NotAffected);
    assert_eq!(story.news(&from_fork(1)), Some(News::No));
    assert_eq!(target_of(story.newest().unwrap()), None);
    story.changed = "frontend/main.rs";
    assert_eq!(story.look(&from_fork(2)), PushOutcome::ApprovalRequired);
    story.changed = "docs/readme.md";
    assert_eq!(story.look(&from_fork(3)), PushOutcome::NotAffected);
}

#[test]
fn one_that_waits_for_a_place_is_news_when_there_is_one() {
    let mut story = Story::new();
    let found = story.find(shown(&pull_request(1))).unwrap();
    let full = Finding::Problem(PushOutcome::TooManyPreviews);
    story.record(found, full, &Comparison::Everything);
    assert_eq!(story.news(&pull_request(1)), Some(News::WithPlace));
    assert_eq!(story.news(&pull_request(2)), Some(News::Yes));
    assert_eq!(story.news(&closed(1)), Some(News::Yes));
}

#[test]
fn nothing_is_said_of_what_github_was_not_asked_about() {
    let mut story = Story::new();
    story.look(&pull_request(1));
    assert_eq!(story.find(ShownPullRequest::NotAsked), None);
    let gone = story.find(ShownPullRequest::Gone).unwrap();
    assert_eq!(gone.is_news(story.newest()), News::Yes);
    assert_eq!(gone.comparison(story.newest()), None);
}
