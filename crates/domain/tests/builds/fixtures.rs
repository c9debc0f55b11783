//! A build, and records as GitHub's reports produce them.

// Each test binary uses only some of these helpers.
#![allow(dead_code)]

use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    builds::{
        BuildRecord, BuildSpec, BuildState, BuildTimeouts, BuildView, Conclusion, JobState,
        JobsRecord, Phase, PollFindings, RunKey, RunRecord, RunState, Source, StepState, view,
    },
    image::{Digest, Registry},
    projects::Project,
};
use std::collections::BTreeMap;

pub const GRACE: i64 = 2700;
pub const TIMEOUTS: BuildTimeouts =
    BuildTimeouts { grace: GRACE, poll_interval: 10, digest_lookup: 60, force_cancel: 30 };
pub const NO_FINDINGS: PollFindings =
    PollFindings { digest_found: false, jobs_listed: false, run_searched: false };

pub const CONCLUSIONS: [Conclusion; 11] = [
    Conclusion::Other,
    Conclusion::Deleted,
    Conclusion::Stale,
    Conclusion::Neutral,
    Conclusion::Skipped,
    Conclusion::ActionRequired,
    Conclusion::StartupFailure,
    Conclusion::TimedOut,
    Conclusion::Failure,
    Conclusion::Cancelled,
    Conclusion::Success,
];

/// A time, in seconds after the build was requested.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn id() -> BuildId {
    BuildId::new(ProjectId(7), 3, 0x0123_4567_89ab_cdef)
}

pub fn key(run_id: u64, attempt: u32) -> RunKey {
    RunKey { run_id, attempt }
}

pub fn digest(digit: char) -> Digest {
    format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
}

pub fn record() -> BuildRecord {
    let project = Project {
        id: ProjectId(7),
        name: "myapp".parse().unwrap(),
        owner: "testuser".parse().unwrap(),
        description: None,
        repository_url: None,
        framework: None,
        created_at: at(-99),
        updated_at: at(-99),
    };
    let spec = BuildSpec {
        repository: "testuser/myapp".parse().unwrap(),
        git_ref: "main".into(),
        context: ".".into(),
        source: Source::Buildpacks,
        service: "frontend".parse().unwrap(),
        tag: "latest".parse().unwrap(),
        build_args: BTreeMap::new(),
    };
    let requested_by = Person { issuer: "github".into(), subject: "1".into() };
    let commit = "a".repeat(40).parse().unwrap();
    let registry = Registry::new("ghcr.io", "amzhm").unwrap();
    BuildRecord::new(id(), requested_by, &project, spec, commit, false, &registry, 120, at(0))
}

pub fn state(run: RunRecord, jobs: JobsRecord) -> BuildState {
    BuildState { jobs, ..BuildState::new(record(), run) }
}

pub fn no_jobs() -> JobsRecord {
    JobsRecord::new(id())
}

/// The report of a run that was created at `started` and has been in `phase` since `since`.
pub fn run(key: RunKey, phase: Phase, started: i64, since: i64) -> RunRecord {
    let run = RunState {
        phase,
        started_at: Some(at(started)),
        ended_at: phase.conclusion().map(|_| at(since)),
        url: Some(format!("https://github.com/o/builder/actions/runs/{}", key.run_id)),
    };
    RunRecord::with_run(id(), key, run)
}

/// The report of a run's job, with one step for each phase in `steps`.
pub fn job(run: RunKey, phase: Phase, started: i64, ended: i64, steps: &[Phase]) -> JobsRecord {
    let step = |(index, phase): (usize, &Phase)| {
        let start = started + index as i64;
        let step = StepState {
            name: format!("step {}", index + 1),
            phase: *phase,
            started_at: (*phase != Phase::Queued).then(|| at(start)),
            ended_at: phase.conclusion().map(|_| at(start + 1)),
        };
        (index as u32 + 1, step)
    };
    let job = JobState {
        run,
        phase,
        started_at: (phase != Phase::Queued).then(|| at(started)),
        ended_at: phase.conclusion().map(|_| at(ended)),
        steps: steps.iter().enumerate().map(step).collect(),
    };
    let job_id = run.run_id * 100 + u64::from(run.attempt);
    JobsRecord::with_jobs(id(), BTreeMap::from([(job_id, job)]))
}

/// The view a day after the request.
pub fn view_of(state: &BuildState) -> BuildView {
    view(state, None, GRACE, at(86_400))
}
