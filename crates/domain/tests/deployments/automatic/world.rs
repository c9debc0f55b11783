//! A model of the store and of the requests to a service: each step of a request is one that can be cut off.

use super::{build, deployed, deployed_by_person, release_of, revision};
use crate::fixtures::at;
use nokube_domain::deployments::{
    AutomaticRevision, AutomationPause, Cause, Decision, DeployedState, Revision, Situation,
    TargetBuild, decide, numbers_to_check, overtaken, restored,
};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Rollback,
    Stop,
    Restart,
    Deploy,
    Resume,
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A build of a new commit has succeeded. Perhaps its pods never run.
    Build {
        is_good: bool,
    },
    /// A request begins.
    Person(Action),
    Look,
    /// A request goes on by one step.
    Step(usize),
    /// A request is interrupted for good.
    CutOff(usize),
}

/// Why a revision is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Person(Action),
    /// A person's or an earlier revision is stored again.
    Again,
    Automatic(AutomaticRevision),
}

#[derive(Clone, Debug)]
enum Step {
    /// Reads what is there.
    Begin(Option<Action>),
    TakeNumber(Kind, Box<Revision>),
    Write(u32, Kind, Box<Revision>),
    /// Looks what was stored meanwhile.
    LookAgain(u32),
    Done,
}

pub struct World {
    pub count: u32,
    revisions: BTreeMap<u32, Revision>,
    applied: BTreeSet<u32>,
    attempts: BTreeSet<(u32, u32)>,
    restored: BTreeSet<u32>,
    /// The newest build that has succeeded.
    pub target: u32,
    pub bad: BTreeSet<u32>,
    requests: Vec<Step>,
    /// What people asked for, under the number that it was first stored with.
    pub asked: BTreeMap<u32, Action>,
    pub deployed: Vec<u32>,
}

impl World {
    pub fn new() -> Self {
        let first = deployed_by_person(1, 1);
        Self {
            count: 1,
            revisions: BTreeMap::from([(1, first)]),
            applied: BTreeSet::from([1]),
            attempts: BTreeSet::new(),
            restored: BTreeSet::new(),
            target: 1,
            bad: BTreeSet::new(),
            requests: Vec::new(),
            asked: BTreeMap::new(),
            deployed: Vec::new(),
        }
    }

    pub fn newest(&self) -> &Revision {
        self.revisions.last_key_value().unwrap().1
    }

    pub fn state(&self) -> &DeployedState {
        self.newest().deployed().unwrap()
    }

    /// What a person's request makes of the newest state.
    fn wanted(&self, action: Action) -> Revision {
        let state = self.state();
        let paused = |cause| {
            Some(AutomationPause { by: "alice".parse().unwrap(), at: at(self.count.into()), cause })
        };
        let (cause, state) = match action {
            Action::Rollback => {
                let state = DeployedState::with_release(Some(state), release_of(1, 1), 9);
                (Cause::Rollback, state.with_automation_paused(paused(Cause::Rollback)))
            }
            Action::Stop => {
                let state = state.with_stopped(true);
                (Cause::Stop, state.with_automation_paused(paused(Cause::Stop)))
            }
            Action::Restart => (Cause::Restart, state.with_restarted_at(at(self.count.into()))),
            Action::Deploy => {
                let release = release_of(0, 1);
                (Cause::Deploy, DeployedState::with_release(Some(state), release, 9))
            }
            Action::Resume => (Cause::Resume, state.clone().with_automation_paused(None)),
        };
        revision(0, cause, deployed(state))
    }

    fn has_run(&self, revision: &Revision) -> bool {
        let built = revision.deployed().unwrap().release.image.build.unwrap().number;
        self.applied.contains(&revision.number) && !self.bad.contains(&built)
    }

    fn overtaken(&self, newest: &Revision) -> Option<Revision> {
        let below: Vec<_> =
            numbers_to_check(newest).filter_map(|number| self.revisions.get(&number)).collect();
        overtaken(newest, below).cloned()
    }

    /// What is to be stored instead of an automatic revision.
    fn replacement(&self, newest: &Revision) -> Option<Revision> {
        if let Some(persons) = self.overtaken(newest) {
            return Some(persons);
        }
        let last_outcome = self.applied.last().copied().unwrap_or_default();
        let wanted = Some(build(self.target));
        let is_wanted = newest.automatic.as_ref().map(|automatic| automatic.build) == wanted;
        if newest.is_decided(last_outcome) || is_wanted {
            return None;
        }
        let mut before = newest;
        while !before.is_decided(last_outcome) {
            before = &self.revisions[&before.automatic.as_ref().unwrap().based_on];
        }
        Some(before.clone())
    }

    /// What a look at the service does first.
    fn begin_look(&mut self) -> Step {
        let newest = self.newest().clone();
        let situation = Situation {
            newest: Some(&newest),
            has_run: self.has_run(&newest),
            is_own_image: true,
            is_configured: false,
            target: TargetBuild::Image(build(self.target)),
        };
        let Decision::Deploy(automatic) = decide(&situation) else { return self.begin_restore() };
        if !self.attempts.insert((self.target, automatic.based_on)) {
            return Step::Done;
        }
        let before = automatic.fallback.and_then(|number| self.revisions.get(&number));
        let before = before.unwrap_or(&newest).deployed().unwrap();
        let image = release_of(0, self.target).image;
        let state = before.with_image(image, "bob".parse().unwrap(), at(5), 9);
        let state = state.with_automatic_build(automatic.build);
        let new = revision(0, Cause::Deploy, deployed(state));
        Step::TakeNumber(Kind::Automatic(automatic), Box::new(new))
    }

    /// The newest revision has failed: it is undone.
    fn begin_restore(&mut self) -> Step {
        let newest = self.newest().clone();
        let is_bad = newest.cause == Cause::Deploy
            && self.applied.contains(&newest.number)
            && !self.has_run(&newest);
        let Some(fallback) = newest.fallback().filter(|_| is_bad) else { return Step::Done };
        let fallback = &self.revisions[&fallback];
        let Some((state, automatic)) = restored(&newest, fallback, String::new()) else {
            return Step::Done;
        };
        if !self.restored.insert(newest.number) {
            return Step::Done;
        }
        let state = state.with_automatic_build(automatic.build);
        let new = revision(0, Cause::Restore, deployed(state));
        Step::TakeNumber(Kind::Automatic(automatic), Box::new(new))
    }

    fn store(&mut self, number: u32, kind: &Kind, new: &Revision) {
        let mut new = Revision { number, ..new.clone() };
        let state = new.deployed().unwrap().clone().with_number(number);
        new.desired = deployed(state);
        match kind {
            Kind::Person(action) => {
                self.asked.insert(number, *action);
            }
            Kind::Automatic(automatic) => {
                if new.cause == Cause::Deploy {
                    self.deployed.push(automatic.build.number);
                }
                new.automatic = Some(automatic.clone());
            }
            Kind::Again => {}
        }
        assert!(self.revisions.insert(number, new).is_none(), "a revision is written once");
    }

    fn again(revision: Revision) -> Step {
        let cause = match revision.automatic {
            None => Cause::Apply,
            Some(_) => revision.cause,
        };
        let repeats = Some(revision.repeats.unwrap_or(revision.number));
        Step::TakeNumber(Kind::Again, Box::new(Revision { cause, repeats, ..revision }))
    }

    fn look_again(&mut self, number: u32) -> Step {
        let own = self.revisions[&number].clone();
        if own.may_overtake()
            && let Some(replacement) = self.replacement(&own)
        {
            return Self::again(replacement);
        }
        self.applied.insert(number);
        if self.newest().overtakes(&own) { Self::again(own) } else { Step::Done }
    }

    pub fn step(&mut self, request: usize) {
        self.requests[request] = match self.requests[request].clone() {
            Step::Begin(None) => self.begin_look(),
            Step::Begin(Some(action)) => {
                Step::TakeNumber(Kind::Person(action), Box::new(self.wanted(action)))
            }
            Step::TakeNumber(kind, new) => {
                self.count += 1;
                Step::Write(self.count, kind, new)
            }
            Step::Write(number, kind, new) => {
                self.store(number, &kind, &new);
                Step::LookAgain(number)
            }
            Step::LookAgain(number) => self.look_again(number),
            Step::Done => Step::Done,
        };
    }

    pub fn happen(&mut self, event: Event) {
        let under_way: Vec<_> = (0..self.requests.len())
            .filter(|request| !matches!(self.requests[*request], Step::Done))
            .collect();
        let pick = |n: usize| under_way.get(n % under_way.len().max(1)).copied();
        match event {
            Event::Build { is_good } => {
                self.target += 1;
                if !is_good {
                    self.bad.insert(self.target);
                }
            }
            Event::Person(action) => self.requests.push(Step::Begin(Some(action))),
            Event::Look => self.requests.push(Step::Begin(None)),
            Event::Step(n) => {
                if let Some(request) = pick(n) {
                    self.step(request);
                }
            }
            Event::CutOff(n) => {
                if let Some(request) = pick(n) {
                    self.cut_off(request);
                }
            }
        }
    }

    /// A reservation without a result can be made again.
    pub fn cut_off(&mut self, request: usize) {
        let kind = match std::mem::replace(&mut self.requests[request], Step::Done) {
            Step::TakeNumber(kind, new) | Step::Write(_, kind, new) => Some((kind, new.cause)),
            _ => None,
        };
        if let Some((Kind::Automatic(automatic), cause)) = kind {
            match cause {
                Cause::Restore => self.restored.remove(&automatic.based_on),
                _ => self.attempts.remove(&(automatic.build.number, automatic.based_on)),
            };
        }
    }

    pub fn finish(&mut self, request: usize) {
        for _ in 0..50 {
            if matches!(self.requests[request], Step::Done) {
                return;
            }
            self.step(request);
        }
        panic!("a request that is alone never ends");
    }

    /// Requests end, and the work items are processed until nothing changes.
    pub fn settle(&mut self) {
        for request in 0..self.requests.len() {
            self.finish(request);
        }
        for _ in 0..50 {
            let before = self.count;
            let newest = self.newest().clone();
            match self.replacement(&newest) {
                Some(replacement) => self.requests.push(Self::again(replacement)),
                None => {
                    self.applied.insert(newest.number);
                    self.requests.push(Step::Begin(None));
                }
            }
            self.finish(self.requests.len() - 1);
            if self.count == before {
                return;
            }
        }
        panic!("it never settles: {:?}", self.revisions);
    }

    /// The newest revision that somebody asked for.
    pub fn last_asked(&self) -> Option<(&Revision, Action)> {
        let (number, action) = self.asked.last_key_value()?;
        Some((&self.revisions[number], *action))
    }
}
