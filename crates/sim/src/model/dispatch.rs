//! Starting runs: `workflow_dispatch` with GitHub's checks, and runs that others start.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contract::{INPUTS, WORKFLOW_NAME, job_name, run_name};
use super::life::{foreign_steps, steps};
use super::run::Run;
use super::world::WorkflowState;
use super::{Effect, HoldAt, Model, ids};

/// Why a dispatch is refused, in GitHub's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DispatchRefusal {
    NoWorkflow,
    Unprocessable(String),
}

/// A run of somebody else's: another workflow, another event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct NewRun {
    /// The builder repository if empty.
    pub repository: String,
    pub workflow_name: String,
    pub path: String,
    pub event: String,
    pub title: String,
    pub job: String,
    pub branch: String,
}

impl Default for NewRun {
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
    /// Starts a run of the builder workflow and returns its id.
    pub fn dispatch(
        &mut self,
        workflow: &str,
        branch: &str,
        inputs: BTreeMap<String, String>,
        actor: &str,
        now: Timestamp,
    ) -> Result<(u64, Vec<Effect>), DispatchRefusal> {
        let repository = self.workflow.repository.clone();
        let state = self.world.workflow_state(&repository);
        if !self.workflow.is_called(workflow) || state == WorkflowState::Missing {
            return Err(DispatchRefusal::NoWorkflow);
        }
        let refuse = |message: String| Err(DispatchRefusal::Unprocessable(message));
        let Some(head_sha) = self.world.commit(&repository, branch) else {
            return refuse(format!("No ref found for: {branch}"));
        };
        match state {
            WorkflowState::NoDispatch => {
                return refuse("Workflow does not have 'workflow_dispatch' trigger".to_owned());
            }
            WorkflowState::Disabled => {
                let message = "Cannot trigger a 'workflow_dispatch' on a disabled workflow";
                return refuse(message.to_owned());
            }
            _ => {}
        }
        check_inputs(&inputs).map_err(DispatchRefusal::Unprocessable)?;

        let build = inputs.get("build_id").cloned().unwrap_or_default();
        let image = inputs.get("image").cloned().unwrap_or_default();
        let empty = |name: &str| inputs.get(name).is_none_or(String::is_empty);
        let buildpacks = empty("dockerfile_path") && empty("dockerfile_content");
        let private = inputs.get("private").is_some_and(|private| private == "true");
        let steps = steps(private, buildpacks);
        let attempt = self.new_attempt(1, &image, job_name(&build), steps, now);
        let run = Run {
            id: 0,
            number: 0,
            repository,
            workflow_id: self.workflow.id,
            workflow_name: WORKFLOW_NAME.to_owned(),
            path: self.workflow.path(),
            event: "workflow_dispatch".to_owned(),
            title: run_name(&build),
            head_branch: branch.to_owned(),
            head_sha,
            actor: actor.to_owned(),
            inputs,
            created_at: now,
            visible: false,
            attempts: vec![attempt],
        };
        Ok(self.begin(run, now))
    }

    /// Adds a run that NoKube has nothing to do with.
    pub fn add_run(&mut self, new: NewRun, now: Timestamp) -> (u64, Vec<Effect>) {
        let attempt = self.new_attempt(1, "", new.job, foreign_steps(), now);
        let repository = if new.repository.is_empty() {
            self.workflow.repository.clone()
        } else {
            new.repository
        };
        let run = Run {
            id: 0,
            number: 0,
            workflow_id: ids::number(90_000_000, &format!("{repository}/{}", new.path)),
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
        self.begin(run, now)
    }

    fn begin(&mut self, mut run: Run, now: Timestamp) -> (u64, Vec<Effect>) {
        self.next_run += 7;
        let id = self.next_run;
        let siblings = self.runs.values().filter(|other| other.workflow_id == run.workflow_id);
        run.number = siblings.fold(1, |number, _| number + 1);
        run.id = id;
        self.runs.insert(id, run);
        let effects = if self.hold == Some(HoldAt::Creation) {
            self.schedule(id, 1).into_iter().collect()
        } else {
            self.announce(id, 1, now)
        };
        (id, effects)
    }
}

fn check_inputs(inputs: &BTreeMap<String, String>) -> Result<(), String> {
    if inputs.len() > 25 {
        return Err("you may only define up to 25 `inputs` for a `workflow_dispatch` event".into());
    }
    let size: usize = inputs.values().map(|value| value.chars().count()).sum();
    if size > 65_535 {
        return Err("inputs are too large.".to_owned());
    }
    let known = |name: &str| INPUTS.iter().any(|(input, _)| *input == name);
    let unexpected: Vec<&String> = inputs.keys().filter(|name| !known(name)).collect();
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
