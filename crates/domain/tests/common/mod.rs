//! A build and the facts that GitHub tells about it, in few words.

// Each test takes what it needs; a helper that is wrong must stop the test.
#![allow(dead_code, clippy::unwrap_used)]

use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    build::{
        BuildRecord, Conclusion, Found, JobFacts, JobsDoc, Known, NewBuild, Phase, RunDoc,
        RunFacts, RunKey, Source, StepFacts, Windows,
    },
    image::{Digest, Registry},
    project::Project,
};
use std::collections::BTreeMap;

pub const GRACE: i64 = 2700;
pub const WINDOWS: Windows = Windows { grace: GRACE, quiet: 10, digest: 60, force: 30 };
pub const NOTHING: Found = Found { digest: false, jobs: false, searched: false };

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

/// So many seconds after the build was asked for.
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
    let asked = NewBuild {
        repository: "testuser/myapp".parse().unwrap(),
        git_ref: "main".into(),
        context: ".".into(),
        source: Source::Buildpacks,
        service: "frontend".parse().unwrap(),
        tag: "latest".parse().unwrap(),
        build_args: BTreeMap::new(),
    };
    let by = Person { issuer: "github".into(), subject: "1".into() };
    let commit = "a".repeat(40).parse().unwrap();
    let registry = Registry::new("ghcr.io", "amzhm").unwrap();
    BuildRecord::new(id(), by, &project, asked, commit, false, &registry, 120, at(0))
}

pub fn known(run: RunDoc, jobs: JobsDoc) -> Known {
    Known { record: record(), run, jobs, wish: None, asked: None }
}

pub fn no_jobs() -> JobsDoc {
    JobsDoc::new(id(), BTreeMap::new())
}

/// What an event tells about a run that was created at `begun`, in `phase` since `since`.
pub fn run(key: RunKey, phase: Phase, begun: i64, since: i64) -> RunDoc {
    let facts = RunFacts {
        phase,
        started_at: Some(at(begun)),
        ended_at: phase.ended().map(|_| at(since)),
        url: Some(format!("https://github.com/o/builder/actions/runs/{}", key.run_id)),
    };
    RunDoc::of_run(id(), key, facts)
}

/// What an event tells about the job of a run, with as many steps as `steps` names phases.
pub fn job(run: RunKey, phase: Phase, begun: i64, ended: i64, steps: &[Phase]) -> JobsDoc {
    let step = |(index, phase): (usize, &Phase)| {
        let start = begun + index as i64;
        let step = StepFacts {
            name: format!("step {}", index + 1),
            phase: *phase,
            started_at: (*phase != Phase::Queued).then(|| at(start)),
            ended_at: phase.ended().map(|_| at(start + 1)),
        };
        (index as u32 + 1, step)
    };
    let facts = JobFacts {
        run,
        phase,
        started_at: (phase != Phase::Queued).then(|| at(begun)),
        ended_at: phase.ended().map(|_| at(ended)),
        steps: steps.iter().enumerate().map(step).collect(),
    };
    let job_id = run.run_id * 100 + u64::from(run.attempt);
    JobsDoc::new(id(), BTreeMap::from([(job_id, facts)]))
}

/// What a reader is told of `known`, long after.
pub fn view_of(known: &Known) -> nokube_domain::build::BuildView {
    nokube_domain::build::view(known, None, GRACE, at(86_400))
}
