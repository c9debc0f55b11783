//! Creates workflow runs: dispatched ones, after GitHub's checks, and unrelated ones.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::builder_workflow::{INPUTS, WORKFLOW_NAME, build_steps, job_name, run_name};

use super::repositories::WorkflowState;
use super::run::{WorkflowRun, unrelated_steps};
use super::{Effect, HoldPoint, Model, ids};

/// Why GitHub rejects a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DispatchError {
    WorkflowNotFound,
    /// Holds GitHub's error message.
    Unprocessable(String),
}

/// A workflow run that NoKube did not dispatch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct UnrelatedRun {
    /// `owner/name`. The builder repository if empty.
    pub repository: String,
    pub workflow_name: String,
    pub path: String,
    pub event: String,
    pub title: String,
    pub job: String,
    pub branch: String,
}

impl Default for UnrelatedRun {
    fn default() -> Self {
        Self {
            repository: String::new(),
            workflow_name: "CI".to_owned(),
            path: ".github/workflows/ci.yml".to_owned(),
            event: "push".to_owned(),
            title: "Improve the README".to_owned(),
            job: "test".to_owned(),
            branch: "main".to_owned(),
        }
    }
}

impl Model {
    /// Creates a run of the builder workflow. Returns its id and the effects.
    pub fn dispatch(
        &mut self,
        workflow: &str,
        branch: &str,
        inputs: BTreeMap<String, String>,
        actor: &str,
        now: Timestamp,
    ) -> Result<(u64, Vec<Effect>), DispatchError> {
        let repository = self.workflow.repository.clone();
        let state = self.repositories.workflow_state(&repository);
        if !self.workflow.has_id_or_file(workflow) || state == WorkflowState::Missing {
            return Err(DispatchError::WorkflowNotFound);
        }
        let reject = |message: String| Err(DispatchError::Unprocessable(message));
        let Some(head_sha) = self.repositories.commit(&repository, branch) else {
            return reject(format!("No ref found for: {branch}"));
        };
        match state {
            WorkflowState::NoDispatch => {
                return reject("Workflow does not have 'workflow_dispatch' trigger".to_owned());
            }
            WorkflowState::Disabled => {
                let message = "Cannot trigger a 'workflow_dispatch' on a disabled workflow";
                return reject(message.to_owned());
            }
            _ => {}
        }
        check_inputs(&inputs).map_err(DispatchError::Unprocessable)?;

        let build_id = inputs.get("build_id").cloned().unwrap_or_default();
        let image = inputs.get("image").cloned().unwrap_or_default();
        let empty = |name: &str| inputs.get(name).is_none_or(String::is_empty);
        let uses_buildpacks = empty("dockerfile_path") && empty("dockerfile_content");
        let is_private = inputs.get("private").is_some_and(|private| private == "true");
        let steps = build_steps(is_private, uses_buildpacks);
        let attempt = self.new_attempt(1, &image, job_name(&build_id), steps, now);
        let run = WorkflowRun {
            id: 0,
            number: 0,
            repository,
            workflow_id: self.workflow.id,
            workflow_name: WORKFLOW_NAME.to_owned(),
            path: self.workflow.path(),
            event: "workflow_dispatch".to_owned(),
            title: run_name(&build_id),
            head_branch: branch.to_owned(),
            head_sha,
            actor: actor.to_owned(),
            inputs,
            created_at: now,
            visible: false,
            attempts: vec![attempt],
        };
        Ok(self.insert_run(run, now))
    }

    /// Creates a run that NoKube did not dispatch. Returns its id and the effects.
    pub fn add_run(&mut self, new: UnrelatedRun, now: Timestamp) -> (u64, Vec<Effect>) {
        let attempt = self.new_attempt(1, "", new.job, unrelated_steps(), now);
        let repository = if new.repository.is_empty() {
            self.workflow.repository.clone()
        } else {
            new.repository
        };
        let run = WorkflowRun {
            id: 0,
            number: 0,
            workflow_id: ids::id_from_name(90_000_000, &format!("{repository}/{}", new.path)),
            workflow_name: new.workflow_name,
            path: new.path,
            event: new.event,
            title: new.title,
            head_sha: ids::sha1_like(&format!("{repository}@{}", new.branch)),
            head_branch: new.branch,
            repository,
            actor: "octocat".to_owned(),
            inputs: BTreeMap::new(),
            created_at: now,
            visible: false,
            attempts: vec![attempt],
        };
        self.insert_run(run, now)
    }

    /// Assigns the id and the number of the run.
    fn insert_run(&mut self, mut run: WorkflowRun, now: Timestamp) -> (u64, Vec<Effect>) {
        self.last_run_id += 7;
        let id = self.last_run_id;
        let runs_of_workflow =
            self.runs.values().filter(|other| other.workflow_id == run.workflow_id);
        run.number = runs_of_workflow.fold(1, |number, _| number + 1);
        run.id = id;
        self.runs.insert(id, run);
        let effects = if self.hold_at == Some(HoldPoint::Creation) {
            self.schedule_next_step(id, 1).into_iter().collect()
        } else {
            self.make_visible(id, 1, now)
        };
        (id, effects)
    }
}

/// The error is GitHub's message.
fn check_inputs(inputs: &BTreeMap<String, String>) -> Result<(), String> {
    if inputs.len() > 25 {
        return Err("you may only define up to 25 `inputs` for a `workflow_dispatch` event".into());
    }
    let size: usize = inputs.values().map(|value| value.chars().count()).sum();
    if size > 65_535 {
        return Err("inputs are too large.".to_owned());
    }
    let is_defined = |name: &str| INPUTS.iter().any(|(input, _)| *input == name);
    let unexpected: Vec<&String> = inputs.keys().filter(|name| !is_defined(name)).collect();
    if !unexpected.is_empty() {
        return Err(format!("Unexpected inputs provided: {unexpected:?}"));
    }
    for (name, required) in INPUTS {
        if required && inputs.get(name).is_none_or(String::is_empty) {
            return Err(format!("Required input '{name}' not provided"));
        }
    }
    Ok(())
}
