//! Ten pushes whose events arrive in any order, repeatedly or never, processed at the same time and cut off anywhere:
//! one look after the last push, and what should be built is the newest.

use crate::fixtures::{commit, files, look, watched};
use nokube_domain::{
    pushes::{
        Comparison, Finding, FoundHead, PushOutcome, PushRecord, TargetKey, same_commit,
        superseded_targets,
    },
    repository::CommitSha,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A push to the branch.
#[derive(Clone, Debug)]
enum Push {
    /// A commit on top, which changes the service or something else.
    Ahead { touches: bool, skipped: bool },
    /// A force push to an earlier commit.
    Back(usize),
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Event {
    Push,
    BeginLook,
    /// A look goes on by one step.
    Step(usize),
    /// The request of a look is interrupted for good.
    CutOff(usize),
}

struct Commit {
    parent: usize,
    /// Which version of the service it has.
    service: usize,
    skipped: bool,
}

/// A build, which a later push may have ended.
#[derive(Clone, Debug)]
struct Build {
    commit: CommitSha,
    superseded: bool,
}

/// What one look is about to do.
#[derive(Clone)]
enum Step {
    TakeNumber,
    AskForHead { number: u32 },
    FindBase { number: u32, head: usize },
    Write { number: u32, head: usize, base: Option<u32> },
    ReadNewest,
    Start { newest: u32 },
    Supersede { newest: u32, build: usize },
    ReadAgain { newest: u32, build: usize },
    Done,
}

struct World {
    commits: Vec<Commit>,
    head: usize,
    numbers: u32,
    records: BTreeMap<u32, PushRecord>,
    builds: Vec<Build>,
    reserved: BTreeMap<TargetKey, usize>,
    looks: Vec<Step>,
}

impl World {
    fn new() -> Self {
        let first = Commit { parent: 0, service: 0, skipped: false };
        Self {
            commits: vec![first],
            head: 0,
            numbers: 1,
            records: BTreeMap::from([(1, look(1).linked(commit(0)))]),
            builds: Vec::new(),
            reserved: BTreeMap::new(),
            looks: Vec::new(),
        }
    }

    /// After these events, and the pushes that did not come between them.
    fn after(events: Vec<Event>, pushes: Vec<Push>) -> Self {
        let mut world = Self::new();
        let mut pushes = pushes.into_iter();
        for event in events {
            world.happen(event, &mut pushes);
        }
        for push in pushes {
            world.push(&push);
        }
        world
    }

    fn push(&mut self, push: &Push) {
        match push {
            Push::Ahead { touches, skipped } => {
                let service = match touches {
                    true => self.commits.len(),
                    false => self.commits[self.head].service,
                };
                self.commits.push(Commit { parent: self.head, service, skipped: *skipped });
                self.head = self.commits.len() - 1;
            }
            Push::Back(commit) => self.head = commit % self.commits.len(),
        }
    }

    fn index(&self, sha: &CommitSha) -> usize {
        usize::from_str_radix(sha.as_str(), 16).unwrap()
    }

    /// As GitHub compares two commits.
    fn compare(&self, base: &CommitSha, head: &CommitSha) -> Comparison {
        let (base, mut at) = (self.index(base), self.index(head));
        let touched = self.commits[base].service != self.commits[at].service;
        while at > base {
            at = self.commits[at].parent;
        }
        match at == base {
            true if touched => files(&["frontend/main.rs"]),
            true => files(&["README.md"]),
            false => Comparison::Everything,
        }
    }

    fn newest(&self) -> &PushRecord {
        self.records.last_key_value().unwrap().1
    }

    fn write(&mut self, number: u32, head: usize, base: Option<u32>) {
        let base = base.map(|base| self.records[&base].clone());
        let found = FoundHead {
            commit: commit(u32::try_from(head).unwrap()),
            is_skipped: self.commits[head].skipped,
            file: None,
        };
        let found = Finding::Head(found);
        let comparison = match found.comparison(base.as_ref()) {
            Some((from, to)) => self.compare(from, to),
            None => Comparison::Everything,
        };
        let record = PushRecord::next(look(number), base.as_ref(), found, &comparison, &watched());
        assert!(self.records.insert(number, record).is_none(), "a record is written once");
    }

    fn start(&mut self, newest: u32) -> Option<usize> {
        let target = self.records[&newest].target.clone()?;
        let started = self.reserved.get(&target.key()).copied();
        if let Some(build) = started.filter(|build| !self.builds[*build].superseded) {
            return Some(build);
        }
        let recent: Vec<_> =
            self.records.range(..=newest).rev().map(|(_, it)| it.clone()).collect();
        let same = same_commit(&target, &recent).filter(|_| started.is_none());
        let same = same.and_then(|other| self.reserved.get(&other.key()).copied());
        let build = match same.filter(|build| !self.builds[*build].superseded) {
            Some(build) => build,
            None => {
                self.builds.push(Build { commit: target.commit.sha.clone(), superseded: false });
                self.builds.len() - 1
            }
        };
        self.reserved.insert(target.key(), build);
        Some(build)
    }

    fn supersede(&mut self, newest: u32, keep: usize) {
        let record = &self.records[&newest];
        let recent: Vec<_> =
            self.records.range(..=newest).rev().map(|(_, it)| it.clone()).collect();
        for target in superseded_targets(record, &recent) {
            if let Some(build) = self.reserved.get(&target).filter(|build| **build != keep) {
                self.builds[*build].superseded = true;
            }
        }
    }

    fn read_again(&mut self, newest: u32, build: usize) -> Step {
        let target = self.records[&newest].target.clone().unwrap();
        let later = self.newest().clone();
        match &later.target {
            Some(other) if other.key() != target.key() => {
                if other.commit.sha != target.commit.sha {
                    self.builds[build].superseded = true;
                }
                Step::Start { newest: later.number }
            }
            _ => Step::Done,
        }
    }

    fn step(&mut self, look: usize) {
        self.looks[look] = match self.looks[look].clone() {
            Step::TakeNumber => {
                self.numbers += 1;
                Step::AskForHead { number: self.numbers }
            }
            Step::AskForHead { number } => Step::FindBase { number, head: self.head },
            Step::FindBase { number, head } => {
                let base = self.records.range(..number).next_back().map(|(number, _)| *number);
                Step::Write { number, head, base }
            }
            Step::Write { number, head, base } => {
                self.write(number, head, base);
                Step::ReadNewest
            }
            Step::ReadNewest => Step::Start { newest: self.newest().number },
            Step::Start { newest } => match self.start(newest) {
                Some(build) => Step::Supersede { newest, build },
                None => Step::Done,
            },
            Step::Supersede { newest, build } => {
                self.supersede(newest, build);
                Step::ReadAgain { newest, build }
            }
            Step::ReadAgain { newest, build } => self.read_again(newest, build),
            Step::Done => Step::Done,
        };
    }

    fn finish(&mut self, look: usize) {
        for _ in 0..200 {
            if matches!(self.looks[look], Step::Done) {
                return;
            }
            self.step(look);
        }
        panic!("a look that is alone never ends");
    }

    /// A look after everything else, as a read makes it.
    fn look_alone(&mut self) {
        self.looks.push(Step::TakeNumber);
        self.finish(self.looks.len() - 1);
    }

    fn happen(&mut self, event: Event, pushes: &mut impl Iterator<Item = Push>) {
        let under_way: Vec<_> =
            (0..self.looks.len()).filter(|look| !matches!(self.looks[*look], Step::Done)).collect();
        let pick = |n: usize| under_way.get(n % under_way.len().max(1)).copied();
        match event {
            Event::Push => {
                if let Some(push) = pushes.next() {
                    self.push(&push);
                }
            }
            Event::BeginLook => self.looks.push(Step::TakeNumber),
            Event::Step(n) => {
                if let Some(look) = pick(n) {
                    self.step(look);
                }
            }
            Event::CutOff(n) => {
                if let Some(look) = pick(n) {
                    self.looks[look] = Step::Done;
                }
            }
        }
    }

    /// The newest head is seen; and the target has what the newest head has that was not skipped.
    fn check(&self) {
        let newest = self.newest();
        assert_eq!(self.index(&newest.head.as_ref().unwrap().sha), self.head);
        let seen = self.index(newest.compared_head().unwrap());
        let wanted = newest.target.as_ref().map_or(0, |target| self.index(&target.commit.sha));
        assert_eq!(self.commits[wanted].service, self.commits[seen].service);
        let is_plain = !self.commits[self.head].skipped && newest.outcome == PushOutcome::Affected;
        assert!(!is_plain || wanted == self.head);
        let Some(target) = &newest.target else { return };
        let build = &self.builds[self.reserved[&target.key()]];
        assert!(!build.superseded, "what should be built is built");
        assert_eq!(build.commit, target.commit.sha);
    }
}

fn a_push() -> impl Strategy<Value = Push> {
    prop_oneof![
        6 => (any::<bool>(), prop::bool::weighted(0.15))
            .prop_map(|(touches, skipped)| Push::Ahead { touches, skipped }),
        1 => (0..10usize).prop_map(Push::Back),
    ]
}

fn event(cut_off: u32) -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Push),
        2 => Just(Event::BeginLook),
        14 => (0..12usize).prop_map(Event::Step),
        cut_off => (0..12usize).prop_map(Event::CutOff),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_newest_is_built_whatever_is_lost_or_cut_off(
        pushes in prop::collection::vec(a_push(), 10),
        events in prop::collection::vec(event(1), 0..150),
    ) {
        let mut world = World::after(events, pushes);
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
        // Another look finds nothing to do.
        let builds = world.builds.len();
        world.look_alone();
        world.check();
        prop_assert_eq!(world.builds.len(), builds);
    }

    #[test]
    fn without_interruptions_nothing_else_is_left_to_build(
        pushes in prop::collection::vec(a_push(), 10),
        events in prop::collection::vec(event(0), 0..150),
    ) {
        let mut world = World::after(events, pushes);
        for look in 0..world.looks.len() {
            world.finish(look);
        }
        world.look_alone();
        world.check();
        let wanted = world.newest().target.as_ref().map(|target| world.reserved[&target.key()]);
        // Of several looks at once, the newest one may have found a skipped head, and nothing to build before.
        let Some(wanted) = wanted else { return Ok(()) };
        for (index, build) in world.builds.iter().enumerate() {
            prop_assert!(build.superseded || index == wanted, "{:?}", world.builds);
        }
    }
}

/// Events of ten pushes that all arrive after the last one, in the worst order: one build.
#[test]
fn ten_events_after_ten_pushes_make_one_build() {
    for steps_first in 0..4 {
        let mut world = World::new();
        for _ in 0..10 {
            world.push(&Push::Ahead { touches: true, skipped: false });
        }
        world.looks = vec![Step::TakeNumber; 10];
        for look in (0..10).rev() {
            for _ in 0..steps_first {
                world.step(look);
            }
        }
        for look in 0..10 {
            world.finish(look);
        }
        world.check();
        assert_eq!(world.builds.len(), 1, "{steps_first}");
    }
}
