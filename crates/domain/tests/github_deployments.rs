//! What is reported to GitHub about deployments, and when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    BuildId, DeploymentId, ProjectId, Timestamp,
    github_deployments::{
        Action, DeploymentState, Environment, GitHubDeploymentRecord, Phase, ReportedRelease,
        WantedDeployment,
    },
    pushes::CommitStatuses,
    reports::{NextStep, ReportProblem, ReportRecord},
};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

const IN_PROGRESS: DeploymentState = DeploymentState::InProgress;
const FAILURE: DeploymentState = DeploymentState::Failure;
const SUCCESS: DeploymentState = DeploymentState::Success;
const INACTIVE: DeploymentState = DeploymentState::Inactive;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// What GitHub should show while `revision` is the newest one and runs `release`.
fn wanted(revision: u32, release: u32, phase: Phase) -> WantedDeployment {
    let commit = char::from_digit(release % 16, 16).unwrap().to_string().repeat(40);
    let build = BuildId::new(ProjectId(1), release, 17);
    WantedDeployment {
        deployment: DeploymentId::new(ProjectId(1), 1, 17),
        revision,
        restores: false,
        phase,
        running: Some(release),
        release: Some(ReportedRelease {
            number: release,
            build,
            commit: commit.parse().unwrap(),
            repository_id: 42,
        }),
        url: None,
    }
}

fn deleted(revision: u32) -> WantedDeployment {
    WantedDeployment { running: None, release: None, ..wanted(revision, 0, Phase::Ended) }
}

/// GitHub, with the states of each deployment by its number.
#[derive(Default)]
struct Platform {
    record: GitHubDeploymentRecord,
    github: BTreeMap<u64, (String, Vec<DeploymentState>)>,
    second: i64,
}

/// How far a request that sends gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    Through,
    /// GitHub does not get it.
    Nowhere,
    /// GitHub has it, and the request was interrupted before it noted so.
    ToGitHub,
}

impl Platform {
    /// Sends the next thing that is due. Returns whether there was one.
    fn send(&mut self, wanted: &WantedDeployment, gets: Gets) -> bool {
        self.second += 61;
        if self.record.next_step(wanted, at(self.second)) != (NextStep::Send { others_send: false })
        {
            return false;
        }
        let send = self.record.next(wanted).expect("something to send");
        let sender = u64::try_from(self.second).unwrap();
        self.record = self.record.clone().sending(wanted, sender, at(self.second));
        assert!(self.record.is_sent_by(wanted, sender));
        if gets == Gets::Nowhere {
            return true;
        }
        let id = self.receive(send.action, send.description(wanted.deployment));
        if gets == Gets::Through {
            self.record = self.record.clone().sent(wanted, sender, id).unwrap();
        }
        let json = serde_json::to_value(&self.record).unwrap();
        assert_eq!(serde_json::from_value::<GitHubDeploymentRecord>(json).unwrap(), self.record);
        true
    }

    fn receive(&mut self, action: Action, description: String) -> Option<u64> {
        let found = self.github.iter().find(|(_, (text, _))| *text == description);
        let found = found.map(|(id, _)| *id);
        match action {
            Action::Find => found,
            Action::FindOrCreate if found.is_some() => found,
            Action::Create | Action::FindOrCreate => {
                let id = u64::try_from(self.github.len()).unwrap() + 1;
                self.github.insert(id, (description, Vec::new()));
                Some(id)
            }
            Action::Report(id, state) => {
                self.github.get_mut(&id).unwrap().1.push(state);
                None
            }
        }
    }

    /// Sends all that is due.
    fn look(&mut self, wanted: &WantedDeployment) {
        let rounds = (0..40).take_while(|_| self.send(wanted, Gets::Through)).count();
        assert!(rounds < 40, "it never ends: {:?}", self.record);
    }

    fn states(&self) -> Vec<&[DeploymentState]> {
        self.github.values().map(|(_, states)| states.as_slice()).collect()
    }
}

#[test]
fn a_deployment_begins_and_succeeds_and_each_state_is_sent_once() {
    let mut platform = Platform::default();
    for phase in [Phase::Rolling, Phase::Rolling, Phase::Running, Phase::Running] {
        platform.look(&wanted(1, 1, phase));
    }
    assert_eq!(platform.states(), [[IN_PROGRESS, SUCCESS]]);
    // Lost pods, and a restart, are no news of the commit.
    for phase in [Phase::Failed, Phase::Rolling, Phase::Running] {
        platform.look(&wanted(2, 1, phase));
    }
    assert_eq!(platform.states(), [[IN_PROGRESS, SUCCESS]]);
}

#[test]
fn the_earlier_one_ends_once_the_newer_one_runs() {
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Running));
    platform.look(&wanted(2, 2, Phase::Rolling));
    assert_eq!(platform.states(), [&[SUCCESS][..], &[IN_PROGRESS]]);
    platform.look(&wanted(2, 2, Phase::Running));
    assert_eq!(platform.states(), [[SUCCESS, INACTIVE], [IN_PROGRESS, SUCCESS]]);
    // A rollback is another deployment of the earlier commit, and what a slow reader knows is outdated.
    platform.look(&wanted(3, 1, Phase::Running));
    platform.look(&wanted(2, 2, Phase::Running));
    assert_eq!(platform.states()[1], [IN_PROGRESS, SUCCESS, INACTIVE]);
    assert_eq!(platform.states()[2], [SUCCESS]);
}

#[test]
fn a_failed_one_stays_failed_and_what_ran_before_goes_on() {
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Running));
    platform.look(&wanted(2, 2, Phase::Failed));
    assert_eq!(platform.states(), [[SUCCESS], [FAILURE]]);
    // It is undone. That GitHub had not heard of the failure yet changes nothing.
    platform.look(&wanted(3, 3, Phase::Rolling));
    let restored = WantedDeployment { restores: true, ..wanted(4, 1, Phase::Rolling) };
    platform.look(&restored);
    platform.look(&WantedDeployment { phase: Phase::Running, ..restored });
    assert_eq!(platform.states(), [&[SUCCESS][..], &[FAILURE], &[IN_PROGRESS, FAILURE]]);
    // Its pods may run after all.
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Failed));
    platform.look(&wanted(1, 1, Phase::Running));
    assert_eq!(platform.states(), [[FAILURE, SUCCESS]]);
}

#[test]
fn what_is_stopped_or_deleted_is_inactive() {
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Running));
    platform.look(&wanted(2, 1, Phase::Ended));
    assert_eq!(platform.states(), [[SUCCESS, INACTIVE]]);
    platform.look(&wanted(3, 1, Phase::Running));
    platform.look(&wanted(4, 2, Phase::Failed));
    platform.look(&deleted(5));
    assert_eq!(platform.states(), [[SUCCESS, INACTIVE], [SUCCESS, INACTIVE], [FAILURE, INACTIVE]]);
    platform.look(&wanted(4, 2, Phase::Running));
    assert_eq!(platform.states().len(), 3, "what a slow reader knows is outdated");
}

#[test]
fn another_image_replaces_it_and_is_not_shown() {
    let mut platform = Platform::default();
    let external = |phase| WantedDeployment { release: None, ..wanted(2, 2, phase) };
    platform.look(&external(Phase::Running));
    assert!(platform.github.is_empty());
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Running));
    // Somebody else has become responsible: what runs stays as it is shown.
    platform.look(&WantedDeployment { release: None, ..wanted(1, 1, Phase::Running) });
    platform.look(&external(Phase::Rolling));
    assert_eq!(platform.states(), [[SUCCESS]]);
    platform.look(&external(Phase::Running));
    assert_eq!(platform.states(), [[SUCCESS, INACTIVE]]);
}

#[test]
fn of_several_requests_one_sends_and_an_interrupted_one_creates_nothing_twice() {
    let rolling = wanted(1, 1, Phase::Rolling);
    let mut platform = Platform::default();
    assert!(platform.send(&rolling, Gets::ToGitHub));
    let soon = at(platform.second + 59);
    assert_eq!(platform.record.next_step(&rolling, soon), NextStep::Wait);
    assert_eq!(platform.record.next_step(&deleted(2), soon), NextStep::Wait);
    platform.look(&rolling);
    assert_eq!(platform.states(), [[IN_PROGRESS]]);
    // It was created, and then nobody needed it any more.
    let mut platform = Platform::default();
    assert!(platform.send(&rolling, Gets::ToGitHub));
    platform.look(&deleted(2));
    assert_eq!(platform.states(), [[INACTIVE]]);
    let mut platform = Platform::default();
    assert!(platform.send(&rolling, Gets::Nowhere));
    platform.look(&deleted(2));
    assert!(platform.github.is_empty());
    // Each who begins to send does so at another time, also within a second: it names the turn.
    let first = platform.record.begun_at().unwrap();
    let again = platform.record.clone().sending(&wanted(3, 2, Phase::Rolling), 5, first);
    assert!(again.begun_at().unwrap() > first);
}

#[test]
fn a_commit_that_github_does_not_know_is_left_alone() {
    let mut platform = Platform::default();
    platform.look(&wanted(1, 1, Phase::Running));
    let unknown = wanted(2, 2, Phase::Running);
    platform.record = platform.record.clone().sending(&unknown, 5, at(1000));
    platform.record = platform.record.clone().sent(&unknown, 5, None).unwrap();
    platform.look(&unknown);
    assert_eq!(platform.states(), [[SUCCESS, INACTIVE]]);
}

#[test]
fn the_page_shows_why_nothing_is_reported() {
    let shown = |record: &GitHubDeploymentRecord| GitHubDeploymentRecord::shown(Some(record));
    assert_eq!(GitHubDeploymentRecord::shown(None), CommitStatuses::Unknown);
    let rolling = wanted(1, 1, Phase::Rolling);
    let refused = GitHubDeploymentRecord::default().sending(&rolling, 1, at(0));
    let refused = refused.with_problem(ReportProblem::WaitingForApproval, at(0));
    assert_eq!(shown(&refused), CommitStatuses::WaitingForApproval);
    assert_eq!(refused.next_step(&rolling, at(599)), NextStep::Nothing);
    let mut platform = Platform { record: refused, second: 600, ..Platform::default() };
    platform.look(&rolling);
    assert_eq!(platform.states(), [[IN_PROGRESS]]);
    assert_eq!(shown(&platform.record), CommitStatuses::Active);
    let no_right = platform.record.with_problem(ReportProblem::NoPushPermission, at(5000));
    assert_eq!(shown(&no_right), CommitStatuses::NoPushPermission);
    assert!(no_right.next(&wanted(1, 1, Phase::Running)).unwrap().needs_permission());
    assert!(!no_right.next(&deleted(2)).unwrap().needs_permission());
}

#[test]
fn an_environment_is_a_service_or_a_preview() {
    let (project, service) = ("shop".parse().unwrap(), "web".parse().unwrap());
    let own = Environment::of_service(&project, &service);
    let preview = Environment::of_preview(&project, &service, 12);
    assert_eq!((own.name(), own.is_production()), ("shop/web", true));
    assert_eq!((preview.name(), preview.is_production()), ("shop/web/pr-12", false));
}

/// The release of a revision, and whether it is stopped.
type Deployed = (u32, bool);

/// The revisions from 1 on; and which of them a request knows, what it finds, and how far it gets.
type History = (Vec<Deployed>, Vec<(prop::sample::Index, Phase, Gets)>);

fn phases() -> impl Strategy<Value = Phase> {
    prop_oneof![Just(Phase::Rolling), Just(Phase::Running), Just(Phase::Failed)]
}

fn histories() -> impl Strategy<Value = History> {
    let gets = prop_oneof![
        4 => Just(Gets::Through),
        1 => Just(Gets::Nowhere),
        1 => Just(Gets::ToGitHub)
    ];
    let deployed = (1..4_u32, prop::bool::weighted(0.2));
    (vec(deployed, 1..6), vec((any::<prop::sample::Index>(), phases(), gets), 0..40))
}

proptest! {
    /// Whatever was found and sent in whatever order: once those who look know how it stands, GitHub shows it.
    #[test]
    fn in_any_order_github_shows_the_end((revisions, looks) in histories(), end in phases()) {
        let mut platform = Platform::default();
        let wanted_of = |index: usize, phase| {
            let (release, is_stopped) = revisions[index];
            let phase = if is_stopped { Phase::Ended } else { phase };
            wanted(u32::try_from(index).unwrap() + 1, release, phase)
        };
        for (revision, phase, gets) in looks {
            platform.send(&wanted_of(revision.index(revisions.len()), phase), gets);
        }
        let newest = wanted_of(revisions.len() - 1, end);
        platform.look(&newest);
        let last: Vec<_> = platform.states().iter().map(|states| states.last().copied()).collect();
        let shows = |state| last.iter().filter(|last| **last == Some(state)).count();
        match newest.phase {
            Phase::Ended => prop_assert_eq!(shows(INACTIVE), last.len(), "{:?}", last),
            Phase::Running => prop_assert_eq!(shows(SUCCESS), 1, "{:?}", last),
            Phase::Rolling | Phase::Failed => prop_assert!(shows(SUCCESS) <= 1, "{:?}", last),
        }
        prop_assert!(shows(IN_PROGRESS) <= 1, "{:?}", last);
        let described = platform.github.values().map(|(text, _)| text);
        let all: std::collections::BTreeSet<_> = described.clone().collect();
        prop_assert_eq!(all.len(), described.count(), "nothing is created twice");
        // Nothing is left.
        let calls: usize = platform.states().iter().map(|states| states.len()).sum();
        platform.look(&newest);
        prop_assert_eq!(platform.states().iter().map(|states| states.len()).sum::<usize>(), calls);
        platform.look(&deleted(newest.revision + 1));
        let ended = platform.states().iter().all(|it| it.is_empty() || it.last() == Some(&INACTIVE));
        prop_assert!(ended, "{:?}", platform.states());
    }
}
