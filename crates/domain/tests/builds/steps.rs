//! What the steps of the builder's workflow mean for a build.

use crate::fixtures::{id, key, no_jobs, record, run, state, view_of};
use nokube_domain::builds::{BuildView, Conclusion, JobState, JobsRecord, Phase, StepState};

/// The view of a build whose job had these steps.
fn view_with(steps: &[(&str, Conclusion)], conclusion: Conclusion) -> BuildView {
    view_of_spec(steps, conclusion, |_| {})
}

fn view_of_spec(
    steps: &[(&str, Conclusion)],
    conclusion: Conclusion,
    change: impl FnOnce(&mut nokube_domain::builds::BuildSpec),
) -> BuildView {
    let step = |(number, (name, conclusion)): (u32, &(&str, Conclusion))| {
        let phase = Phase::Ended(*conclusion);
        let (name, unknown_fields) = ((*name).to_owned(), Default::default());
        (number, StepState { name, phase, started_at: None, ended_at: None, unknown_fields })
    };
    let job = JobState {
        run: key(1, 1),
        phase: Phase::Ended(conclusion),
        started_at: None,
        ended_at: None,
        steps: (1..).zip(steps).map(step).collect(),
        unknown_fields: Default::default(),
    };
    let run = run(key(1, 1), Phase::Ended(conclusion), 10, 60);
    let mut state = state(run, JobsRecord::with_jobs(id(), [(100, job)].into()));
    state.record = record();
    change(&mut state.record.spec);
    view_of(&state)
}

use Conclusion::{Failure, Skipped, Success};

#[test]
fn a_build_warns_of_what_it_did_not_fetch() {
    let codes = |submodules, lfs| {
        let steps = [
            ("Warn about submodules", submodules),
            ("Warn about LFS files", lfs),
            ("Build the image", Success),
        ];
        let view = view_with(&steps, Success);
        view.warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(Skipped, Skipped), [""; 0]);
    assert_eq!(codes(Success, Skipped), ["submodules_not_fetched"]);
    assert_eq!(codes(Skipped, Success), ["lfs_not_fetched"]);
    assert_eq!(codes(Success, Success), ["submodules_not_fetched", "lfs_not_fetched"]);
    let no_job = state(run(key(1, 1), Phase::Running, 10, 60), no_jobs());
    assert_eq!(view_of(&no_job).warnings, []);
    // A failed build warns too, because the missing files may be the reason.
    let failed = [("Warn about LFS files", Success), ("Build the image", Failure)];
    let view = view_with(&failed, Failure);
    assert_eq!((view.error_code.as_deref(), view.warnings.len()), (Some("step_failed"), 1));
    let message = &view.warnings[0].message;
    assert!(message.contains("Git LFS") && message.contains("build again with lfs"), "{message}");
}

#[test]
fn an_unreadable_submodule_has_an_error_code_of_its_own() {
    let steps = [("Fetch submodules and LFS files", Failure)];
    let view = view_of_spec(&steps, Failure, |spec| spec.submodules = true);
    assert_eq!(view.error_code.as_deref(), Some("source_incomplete"));
    let message = view.error_message.unwrap();
    assert!(message.starts_with("A submodule") && message.contains("private"), "{message}");

    let view = view_of_spec(&steps, Failure, |spec| spec.lfs = true);
    assert_eq!(view.error_code.as_deref(), Some("source_incomplete"));
    let message = view.error_message.unwrap();
    assert!(message.starts_with("A file in Git LFS"), "{message}");
}

/// The platform has checked the request, so the workflow must be of another version.
#[test]
fn a_request_that_the_workflow_rejects_means_that_the_workflow_is_outdated() {
    let view = view_with(&[("Check the request", Failure)], Failure);
    assert_eq!(view.error_code.as_deref(), Some("builder_outdated"));
    let message = view.error_message.unwrap();
    assert!(message.contains("copy the builder's workflow again"), "{message}");
}

#[test]
fn a_step_that_took_too_long_has_no_error_code_of_its_own() {
    let steps = [("Fetch submodules and LFS files", Conclusion::TimedOut)];
    let view = view_of_spec(&steps, Conclusion::TimedOut, |spec| spec.submodules = true);
    assert_eq!(view.error_code.as_deref(), Some("timed_out"));
}
