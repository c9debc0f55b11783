//! A pull request that is pushed to, closed, reopened and edited while its events arrive in any order, repeatedly or
//! never, and looks are cut off anywhere: one look after the last change, and the newest state counts.

use crate::{
    fixtures::sha,
    pull_request_fixtures::{
        REPOSITORY, approved, hour, look_at, number_of, pull_request, rules, settings, target_of,
    },
};
use nokube_domain::{
    previews::{ApprovedCommit, PullRequest, PullRequestState},
    pushes::{PushOutcome, PushRecord},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody does.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// A new commit, with which the pull request touches the service or not.
    Push {
        touches: bool,
    },
    /// A force push to an earlier commit.
    Back(u32),
    Close,
    Reopen,
    Draft(bool),
    /// Into the service's branch, or into one that is not chosen.
    Retarget {
        chosen: bool,
    },
    /// A developer approves the present head.
    Approve,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Change(Change),
    BeginLook,
    /// A look goes on by one step.
    Step(usize),
    /// The request of a look is interrupted for good.
    CutOff(usize),
}

/// What one look is about to do.
#[derive(Clone)]
enum Step {
    TakeNumber,
    Ask { number: u32 },
    FindBase { number: u32, found: PullRequest, approved: Option<ApprovedCommit> },
    Write { number: u32, found: PullRequest, approved: Option<ApprovedCommit>, base: Option<u32> },
    Done,
}

struct World {
    now: PullRequest,
    /// Whether the pull request touches the service, at each commit.
    touches: Vec<bool>,
    approved: Option<ApprovedCommit>,
    ever_approved: BTreeSet<u32>,
    numbers: u32,
    records: BTreeMap<u32, PushRecord>,
    looks: Vec<Step>,
}

impl World {
    fn new(is_fork: bool) -> Self {
        let head_repository = if is_fork { None } else { Some(REPOSITORY) };
        Self {
            now: PullRequest { head_repository, ..pull_request(0) },
            touches: vec![true],
            approved: None,
            ever_approved: BTreeSet::new(),
            numbers: 0,
            records: BTreeMap::new(),
            looks: Vec::new(),
        }
    }

    fn head(&self) -> u32 {
        number_of(&self.now.head)
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Push { touches } => {
                self.now.head = sha(u32::try_from(self.touches.len()).unwrap());
                self.touches.push(touches);
            }
            Change::Back(n) => self.now.head = sha(n % u32::try_from(self.touches.len()).unwrap()),
            Change::Close => self.now.state = PullRequestState::Closed,
            Change::Reopen => self.now.state = PullRequestState::Open,
            Change::Draft(is_draft) => self.now.is_draft = is_draft,
            Change::Retarget { chosen } => {
                self.now.base_branch = if chosen { "main" } else { "other" }.into();
            }
            Change::Approve => {
                self.approved = Some(approved(self.head()));
                self.ever_approved.insert(self.head());
            }
        }
    }

    fn write(
        &mut self,
        number: u32,
        found: &PullRequest,
        approved: Option<&ApprovedCommit>,
        base: Option<u32>,
    ) {
        let settings = settings(&[]);
        let base = base.map(|base| &self.records[&base]);
        let head = number_of(&found.head) as usize;
        let rules = rules(&settings, approved);
        let record = look_at((number, hour(0)), found, base, &rules, self.touches[head]);
        assert!(self.records.insert(number, record).is_none(), "a record is written once");
    }

    fn step(&mut self, look: usize) {
        self.looks[look] = match self.looks[look].clone() {
            Step::TakeNumber => {
                self.numbers += 1;
                Step::Ask { number: self.numbers }
            }
            Step::Ask { number } => {
                Step::FindBase { number, found: self.now.clone(), approved: self.approved.clone() }
            }
            Step::FindBase { number, found, approved } => {
                let base = self.records.range(..number).next_back().map(|(number, _)| *number);
                Step::Write { number, found, approved, base }
            }
            Step::Write { number, found, approved, base } => {
                self.write(number, &found, approved.as_ref(), base);
                Step::Done
            }
            Step::Done => Step::Done,
        };
    }

    fn finish(&mut self, look: usize) {
        while !matches!(self.looks[look], Step::Done) {
            self.step(look);
        }
    }

    /// A look after everything else.
    fn look_alone(&mut self) {
        self.looks.push(Step::TakeNumber);
        self.finish(self.looks.len() - 1);
    }

    fn happen(&mut self, event: Event) {
        let under_way: Vec<_> =
            (0..self.looks.len()).filter(|look| !matches!(self.looks[*look], Step::Done)).collect();
        let pick = |n: usize| under_way.get(n % under_way.len().max(1)).copied();
        match event {
            Event::Change(change) => self.change(change),
            Event::BeginLook => self.looks.push(Step::TakeNumber),
            Event::Step(n) => pick(n).into_iter().for_each(|look| self.step(look)),
            Event::CutOff(n) => pick(n).into_iter().for_each(|look| self.looks[look] = Step::Done),
        }
    }

    /// What the pull request is now, without anything that happened before.
    fn expected_problem(&self) -> Option<PushOutcome> {
        let is_approved =
            self.approved.as_ref().is_some_and(|approved| approved.commit == self.now.head);
        Some(match &self.now {
            now if now.state == PullRequestState::Closed => PushOutcome::Closed,
            now if now.base_branch != "main" => PushOutcome::BaseBranchNotChosen,
            now if now.is_draft => PushOutcome::Draft,
            now if now.head_repository.is_none() && !is_approved => PushOutcome::ApprovalRequired,
            _ => return None,
        })
    }

    fn check(&self) {
        let newest = self.records.last_key_value().unwrap().1;
        let target = target_of(newest);
        match self.expected_problem() {
            Some(problem) => {
                assert_eq!(newest.outcome, problem);
                assert!(!problem.ends_preview() || target.is_none(), "{problem}");
            }
            None => {
                assert!(!newest.outcome.is_problem());
                let wanted = Some(self.head()).filter(|head| self.touches[*head as usize]);
                assert_eq!(target, wanted);
            }
        }
        let summary = newest.pull_request.as_ref().unwrap();
        assert_eq!((&summary.head, summary.is_draft), (&self.now.head, self.now.is_draft));
        for target in self.records.values().filter_map(|record| record.target.as_ref()) {
            let commit = number_of(&target.commit.sha);
            let is_allowed =
                self.now.head_repository.is_some() || self.ever_approved.contains(&commit);
            assert!(is_allowed, "{commit} of the fork was never approved");
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any::<bool>().prop_map(|touches| Change::Push { touches }),
        1 => (0..10u32).prop_map(Change::Back),
        1 => Just(Change::Close),
        2 => Just(Change::Reopen),
        2 => prop::bool::weighted(0.3).prop_map(Change::Draft),
        2 => prop::bool::weighted(0.7).prop_map(|chosen| Change::Retarget { chosen }),
        3 => Just(Change::Approve),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => change().prop_map(Event::Change),
        3 => Just(Event::BeginLook),
        10 => (0..12usize).prop_map(Event::Step),
        1 => (0..12usize).prop_map(Event::CutOff),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_newest_state_of_a_pull_request_counts(
        is_fork in any::<bool>(),
        events in prop::collection::vec(event(), 0..120),
    ) {
        let mut world = World::new(is_fork);
        for event in events {
            world.happen(event);
        }
        // Some are still under way, and end before or after the last look.
        for look in 0..world.looks.len() {
            if look % 2 == 0 {
                world.finish(look);
            }
        }
        world.look_alone();
        world.check();
        for look in 0..world.looks.len() {
            world.finish(look);
        }
        world.check();
        // Another look finds nothing more to build.
        world.look_alone();
        world.check();
        prop_assert_eq!(world.records[&world.numbers].own_target(), None);
    }
}
