//! What a build does at the moment.

use super::statuses::{build_error, build_status, step_name};
use crate::{
    api::builds::{Build, BuildStatus, Step},
    output::{clean, time::duration},
    text,
};

/// In one line: what it waits for, its step, or how it ended.
pub fn phase(build: &Build) -> String {
    let status = build_status(&build.status);
    match build.status.as_str() {
        BuildStatus::PENDING => waiting(build),
        BuildStatus::BUILDING => match current_step(&build.steps) {
            Some((number, of, step)) => {
                let name = step_name(&step.name);
                text!(
                    "building, step {number} of {of}: {name}",
                    "en cours, étape {number} sur {of} : {name}"
                )
            }
            None => text!("building", "en cours"),
        },
        BuildStatus::SUCCESS => match build.duration {
            Some(seconds) => {
                let duration = duration(seconds);
                text!("built in {duration}", "construit en {duration}")
            }
            None => status,
        },
        BuildStatus::CANCELLED if build.superseded => {
            text!("cancelled: a later push is built", "annulé : un push plus récent est construit")
        }
        _ => status,
    }
}

fn waiting(build: &Build) -> String {
    if let Some(until) = build.limited_until {
        let time = until.strftime("%H:%M:%S UTC");
        return text!(
            "waits until {time}: GitHub limits the platform’s requests",
            "attend jusqu’à {time} : GitHub limite les requêtes de la plateforme"
        );
    }
    match build.waiting_for_capacity {
        true => text!(
            "waits until another build of the project’s owner has ended",
            "attend qu’un autre build du propriétaire du projet se termine"
        ),
        false => text!("waits for GitHub", "attend GitHub"),
    }
}

/// The step that runs, its number among those that are needed, and how many these are.
fn current_step(steps: &[Step]) -> Option<(usize, usize, &Step)> {
    let needed: Vec<_> = steps.iter().filter(|step| step.status != "skipped").collect();
    let running = needed.iter().position(|step| step.status == "running");
    let next = || needed.iter().position(|step| step.status == "pending");
    let index = running.or_else(next)?;
    Some((index + 1, needed.len(), *needed.get(index)?))
}

/// Why it failed: the step, and the platform's sentence.
pub fn failure(build: &Build) -> Vec<String> {
    let failed = build.steps.iter().find(|step| step.status == "failed");
    let mut lines = Vec::new();
    if let Some(step) = failed {
        let name = step_name(&step.name);
        lines.push(text!("The step “{name}” failed.", "L’étape « {name} » a échoué."));
    }
    let is_said = failed.is_some() && build.error_code.as_deref() == Some("step_failed");
    if let Some(message) = build.error_message.as_deref().filter(|_| !is_said) {
        lines.push(clean(&build_error(build.error_code.as_deref(), message)).into_owned());
    }
    lines
}

/// The first characters of a commit's SHA.
pub fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    pub fn build(fields: Value) -> Build {
        serde_json::from_value(build_json(fields)).unwrap()
    }

    /// A build with these fields besides the usual ones.
    pub fn build_json(fields: Value) -> Value {
        let mut build = json!({
            "build_id": "b1", "project_id": 1, "service_name": "shop", "status": "building",
            "image_full_name": "r.example.org/alice/shop:latest", "image_digest": null,
            "repository": "acme/shop", "branch": "main", "commit_sha": "1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b1f0d2c9b",
            "commit": null, "created_at": "2026-01-01T00:00:00Z", "started_at": null, "completed_at": null,
            "duration": null, "attempt": 1, "error_code": null, "error_message": null, "trigger": "manual",
            "waiting_for_capacity": false, "superseded": false, "steps": [],
        });
        let all = build.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        build
    }

    fn steps(statuses: &[&str]) -> Value {
        let step = |(number, status): (usize, &&str)| {
            json!({"number": number + 1, "name": format!("Step {}", number + 1), "status": status,
                "started_at": null, "completed_at": null})
        };
        statuses.iter().enumerate().map(step).collect()
    }

    #[test]
    fn a_running_build_shows_its_step_among_those_that_are_needed() {
        let running = build(json!({"steps": steps(&["success", "skipped", "running", "pending"])}));
        assert_eq!(phase(&running), "building, step 2 of 3: Step 3");
        let between = build(json!({"steps": steps(&["success", "pending", "pending"])}));
        assert_eq!(phase(&between), "building, step 2 of 3: Step 2");
        assert_eq!(phase(&build(json!({}))), "building");
    }

    #[test]
    fn a_pending_build_says_what_it_waits_for() {
        let pending = |fields: Value| {
            let mut all = json!({"status": "pending"});
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            phase(&build(all))
        };
        assert_eq!(pending(json!({})), "waits for GitHub");
        let capacity = pending(json!({"waiting_for_capacity": true}));
        assert_eq!(capacity, "waits until another build of the project’s owner has ended");
        let limited = pending(json!({"limited_until": "2026-01-01T10:30:00Z"}));
        assert_eq!(limited, "waits until 10:30:00 UTC: GitHub limits the platform’s requests");
    }

    #[test]
    fn a_build_that_ended_says_how() {
        assert_eq!(
            phase(&build(json!({"status": "success", "duration": 65}))),
            "built in 1 min 5 s"
        );
        assert_eq!(phase(&build(json!({"status": "failed"}))), "failed");
        let superseded = build(json!({"status": "cancelled", "superseded": true}));
        assert_eq!(phase(&superseded), "cancelled: a later push is built");
        assert_eq!(phase(&build(json!({"status": "verifying"}))), "verifying");
    }

    #[test]
    fn a_failure_names_the_step_and_does_not_say_it_twice() {
        let failed = build(json!({
            "status": "failed", "error_code": "step_failed", "error_message": "The step \"Step 1\" failed.",
            "steps": steps(&["failed", "skipped"]),
        }));
        assert_eq!(failure(&failed), ["The step “Step 1” failed."]);
        let timed_out = build(json!({
            "status": "failed", "error_code": "timed_out", "error_message": "It took too long.",
        }));
        assert_eq!(failure(&timed_out), ["It took too long."]);
    }
}
