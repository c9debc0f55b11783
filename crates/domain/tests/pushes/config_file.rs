//! The configuration file of a branch: what a look records of it, and what is in effect.

use crate::fixtures::{commit, files, head, linked, look, sha, skipped_head, watched};
use nokube_domain::{
    config_file::FileService,
    pushes::{
        Comparison, DueStatus, FileContents, Finding, FoundFile, PushList, PushOutcome, PushRecord,
        RecordedFile,
    },
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

fn replicas(count: u32) -> String {
    format!("[services.frontend.deployment]\nreplicas = {count}\n")
}

fn found(text: &str) -> FoundFile {
    let parsed = FileContents::Text(text.to_owned()).parse();
    FoundFile::of_service(&parsed, &"frontend".parse().unwrap())
}

fn service(text: &str) -> FileService {
    match found(text) {
        FoundFile::Valid(service) => service,
        FoundFile::Invalid(errors) => panic!("{errors:?}"),
    }
}

/// Linked at commit 1, whose file asks for two pods.
fn linked_with_file() -> PushRecord {
    let file = RecordedFile::valid(sha(1), service(&replicas(2)));
    PushRecord { config_file: Some(file), ..linked(1) }
}

/// A look that finds this head with this file. Something in the service has changed, or only the README.
fn next(number: u32, base: &PushRecord, n: u32, text: &str, touched: bool) -> PushRecord {
    let path = if touched { "frontend/main.rs" } else { "README.md" };
    let finding = head(n).with_file(found(text));
    PushRecord::next(look(number), Some(base), finding, &files(&[path]), &watched())
}

#[test]
fn a_push_that_changes_only_what_the_file_says_of_the_service_is_built() {
    let base = linked_with_file();
    let same = next(2, &base, 2, &replicas(2), false);
    assert_eq!((same.outcome, &same.target), (PushOutcome::NotAffected, &None));
    let other = next(3, &same, 3, &replicas(3), false);
    assert_eq!(other.outcome, PushOutcome::Affected);
    assert_eq!(other.own_target().unwrap().commit, commit(3));
    assert_eq!(other.file_in_effect(), Some(&service(&replicas(3))));
    // What it says of another service is none of its business.
    let text = format!("{}[services.api]\n", replicas(3));
    let unrelated = next(4, &other, 4, &text, false);
    assert_eq!(unrelated.outcome, PushOutcome::NotAffected);
    assert_eq!(unrelated.config_file.unwrap().commit, sha(4), "it was read");
}

#[test]
fn an_invalid_file_builds_nothing_and_leaves_in_effect_what_was() {
    let built = next(2, &linked_with_file(), 2, &replicas(3), true);
    let invalid = head(3).with_file(found("[services.frontend.deployment]\nreplicas = \"x\"\n"));
    assert_eq!(invalid.comparison(Some(&built)), None, "nothing is compared");
    let record = PushRecord::next(
        look(3),
        Some(&built),
        invalid.clone(),
        &Comparison::Everything,
        &watched(),
    );
    assert_eq!(record.outcome, PushOutcome::InvalidConfigFile);
    assert!(record.outcome.is_problem() && !record.outcome.ends_preview());
    assert_eq!((&record.target, record.file_in_effect()), (&built.target, built.file_in_effect()));
    assert_eq!(record.config_file.as_ref().unwrap().errors[0].line, 2);
    // The head stays what it is: there is nothing new, and GitHub is not asked for its file again.
    assert!(!head(3).is_news(Some(&record)) && head(4).is_news(Some(&record)));
    assert_eq!(head(3).head_with_file(Some(&record)), None);
    // The commit's status says where the fault is.
    let due = DueStatus::of_push(&record).unwrap();
    assert!(due.description.starts_with("nokube.toml 2:12: "), "{}", due.description);
    assert_eq!((serde_json::to_value(due.state).unwrap(), due.commit), (json!("error"), sha(3)));
    assert!(due.description.chars().count() <= 140);

    // What came with the invalid file is built with the next valid one, even if that has only the README.
    let fixed = head(4).with_file(found(&replicas(3)));
    assert_eq!(fixed.comparison(Some(&record)), Some((&sha(2), &sha(4))));
    let touched = next(4, &record, 4, &replicas(3), true);
    assert_eq!(touched.outcome, PushOutcome::Affected);
    assert_eq!(next(4, &record, 4, &replicas(3), false).outcome, PushOutcome::NotAffected);
    assert_eq!(touched.before_skipped, None);
}

#[test]
fn an_invalid_file_is_still_invalid_after_another_problem() {
    let base = linked_with_file();
    let invalid = next(2, &base, 2, "", true);
    assert_eq!(invalid.outcome, PushOutcome::InvalidConfigFile);
    let problem = Finding::Problem(PushOutcome::NoAccess);
    let away = PushRecord::next(look(3), Some(&invalid), problem, &files(&[]), &watched());
    assert_eq!(away.config_file, invalid.config_file);
    assert!(head(2).is_news(Some(&away)));
    let back = PushRecord::next(look(4), Some(&away), head(2), &files(&[]), &watched());
    assert_eq!(back.outcome, PushOutcome::InvalidConfigFile);
    assert_eq!(back.before_skipped, Some(sha(1)));
    let list = PushList::new(&[back, away, invalid, base], &BTreeMap::new());
    let list = serde_json::to_value(list).unwrap();
    assert_eq!(list["pushes"][0]["decision"], "invalid_config_file");
    let errors = &list["pushes"][0]["config_file_errors"];
    assert_eq!(errors[0]["field"], "services.frontend", "{errors}");
    assert_eq!(list["pushes"][1]["config_file_errors"], json!([]));
}

#[test]
fn the_file_of_a_skipped_head_is_not_read() {
    let base = linked_with_file();
    assert_eq!(skipped_head(2).head_with_file(Some(&base)), None);
    let skipped = PushRecord::next(look(2), Some(&base), skipped_head(2), &files(&[]), &watched());
    assert_eq!(skipped.config_file, base.config_file);
    // An invalid file before it does not make it invalid.
    let invalid = next(2, &base, 2, "x", true);
    let skipped =
        PushRecord::next(look(3), Some(&invalid), skipped_head(3), &files(&[]), &watched());
    let again = PushRecord::next(look(4), Some(&skipped), head(3), &files(&[]), &watched());
    assert_eq!((skipped.outcome, again.outcome), (PushOutcome::Skipped, PushOutcome::Unchanged));
    assert_eq!(again.before_skipped, Some(sha(1)));
}

#[test]
fn what_is_no_file_is_said() {
    let large = format!("#{}", "x".repeat(64 * 1024));
    for (contents, detail) in [
        (FileContents::Missing, "the commit has no file nokube.toml in its root"),
        (FileContents::NoFile, "is a directory, a submodule or a link: must be a file"),
        (FileContents::TooLarge, "must have at most 64 KiB"),
        (FileContents::Text(large), "must have at most 64 KiB"),
        (FileContents::NotUtf8, "must be UTF-8"),
    ] {
        let errors = contents.parse().unwrap_err();
        assert_eq!((errors.len(), errors[0].detail.as_str()), (1, detail));
        assert_eq!((errors[0].line, errors[0].column), (1, 1));
    }
    let other = found("[services.api]\n");
    assert!(
        matches!(other, FoundFile::Invalid(errors) if errors[0].detail.contains("[services.frontend]"))
    );
}

#[test]
fn many_and_long_faults_are_not_all_stored() {
    let text: String = (0..40).map(|n| format!("[services.frontend.f{n}]\n")).collect();
    let record = next(2, &linked_with_file(), 2, &text, true);
    assert_eq!(record.config_file.unwrap().errors.len(), 20);
}

#[test]
fn records_with_a_file_stay_readable() {
    let stored = json!({
        "number": 2, "at": "2026-11-29T10:00:00Z", "repository_id": 42, "since": 1,
        "branch": "main", "base": 1, "outcome": "invalid_config_file",
        "head": { "sha": "b".repeat(40), "subject": "Change it" }, "before_skipped": "a".repeat(40),
        "config_file": {
            "commit": "b".repeat(40),
            "service": { "build": { "context": "web" }, "deployment": { "replicas": 2 }, "secrets": ["API_KEY"] },
            "errors": [{ "line": 3, "column": 5, "field": "services.web.build.context", "detail": "must be a string" }],
            "of_tomorrow": 1,
        },
    });
    let record: PushRecord = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), stored);
}

#[derive(Clone, Debug)]
enum Step {
    /// A push: the replicas that its file asks for, or none if the file is invalid; and whether it is skipped.
    Push {
        replicas: Option<u32>,
        skipped: bool,
    },
    Look,
    /// A look when something else is wrong.
    Problem,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (proptest::option::weighted(0.8, 1..4_u32), proptest::bool::weighted(0.2))
            .prop_map(|(replicas, skipped)| Step::Push { replicas, skipped }),
        4 => Just(Step::Look),
        1 => Just(Step::Problem),
    ]
}

proptest! {
    /// Whatever was pushed and looked at: what is in effect is what the target's own commit says, so a build and its
    /// deployment always fit together, and it is the last valid file that was looked at.
    #[test]
    fn what_is_in_effect_is_what_the_target_says(steps in proptest::collection::vec(step(), 1..40)) {
        let mut commits = vec![(Some(2), false)];
        let mut record = linked_with_file();
        let mut last_valid = 2;
        for (step, number) in steps.into_iter().zip(2..) {
            let finding = match step {
                Step::Push { replicas, skipped } => {
                    commits.push((replicas, skipped));
                    continue;
                }
                Step::Problem => Finding::Problem(PushOutcome::NotAMember),
                Step::Look => {
                    let n = u32::try_from(commits.len()).unwrap();
                    let (count, skipped) = commits[commits.len() - 1];
                    let finding = if skipped { skipped_head(n) } else { head(n) };
                    match finding.head_with_file(Some(&record)).is_some() {
                        true => {
                            last_valid = count.unwrap_or(last_valid);
                            let text = count.map_or_else(|| "x".to_owned(), replicas);
                            finding.with_file(found(&text))
                        }
                        false => finding,
                    }
                }
            };
            record = PushRecord::next(look(number), Some(&record), finding, &files(&["x"]), &watched());
            prop_assert_eq!(record.file_in_effect(), Some(&service(&replicas(last_valid))));
            if let Some(target) = &record.target {
                let n = u32::from_str_radix(target.commit.sha.as_str(), 16).unwrap();
                let (count, _) = commits[n as usize - 1];
                prop_assert_eq!(count, Some(last_valid));
            }
        }
    }
}
