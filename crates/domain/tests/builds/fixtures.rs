//! A build, and records as GitHub's reports produce them.

// Each test binary uses only some of these helpers.
#![allow(dead_code)]

use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    builds::{
        BuildRecord, BuildState, BuildTimeouts, BuildView, Conclusion, JobState, JobsRecord, Phase,
        PollFindings, RunKey, RunRecord, RunState, StepState, view,
    },
    image::Digest,
};
use serde_json::json;

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
    let spec = json!({
        "repository": "testuser/myapp", "git_ref": "main", "context": ".", "source": "buildpacks",
        "service": "frontend", "tag": "latest", "build_args": {},
    });
    let requested_by = Person { issuer: "github".into(), subject: "1".into() };
    BuildRecord {
        id: id(),
        requested_by,
        owner: "testuser".parse().unwrap(),
        project: "myapp".parse().unwrap(),
        spec: serde_json::from_value(spec).unwrap(),
        repository_id: None,
        commit: "a".repeat(40).parse().unwrap(),
        commit_summary: None,
        trigger: None,
        private: false,
        image: "ghcr.io/amzhm/testuser-myapp-frontend".into(),
        estimate: 120,
        created_at: at(0),
    }
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
        unknown_fields: Default::default(),
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
            unknown_fields: Default::default(),
        };
        (index as u32 + 1, step)
    };
    let job = JobState {
        run,
        phase,
        started_at: (phase != Phase::Queued).then(|| at(started)),
        ended_at: phase.conclusion().map(|_| at(ended)),
        steps: steps.iter().enumerate().map(step).collect(),
        unknown_fields: Default::default(),
    };
    let job_id = run.run_id * 100 + u64::from(run.attempt);
    JobsRecord::with_jobs(id(), [(job_id, job)].into())
}

/// The view a day after the request.
pub fn view_of(state: &BuildState) -> BuildView {
    view(state, None, GRACE, at(86_400))
}
