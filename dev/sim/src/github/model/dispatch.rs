//! Creates workflow runs, after GitHub's checks of a dispatch.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::api_error::ApiError;
use super::builder_workflow::INPUTS;
use super::repositories::WorkflowState;
use super::run::WorkflowRun;
use super::{Effect, HoldPoint, Model};

impl Model {
    /// Creates a run of the builder workflow. Returns its id and the effects.
    pub fn dispatch(
        &mut self,
        workflow: &str,
        branch: &str,
        inputs: BTreeMap<String, String>,
        actor: &str,
        now: Timestamp,
    ) -> Result<(u64, Vec<Effect>), ApiError> {
        let repository = self.repositories.present_name(&self.workflow.repository).to_owned();
        let state = self.repositories.workflow_state(&repository);
        if !self.workflow.has_id_or_file(workflow) || state == WorkflowState::Missing {
            return Err(ApiError::not_found());
        }
        let reject = |message: &str| Err(ApiError::unprocessable(message));
        let Some(head_sha) = self.repositories.find_git(&repository)?.1.resolve(branch) else {
            return reject(&format!("No ref found for: {branch}"));
        };
        match state {
            WorkflowState::NoDispatch => {
                return reject("Workflow does not have 'workflow_dispatch' trigger");
            }
            WorkflowState::Disabled => {
                return reject("Cannot trigger a 'workflow_dispatch' on a disabled workflow");
            }
            WorkflowState::Active | WorkflowState::Missing => {}
        }
        check_inputs(&inputs).map_err(ApiError::unprocessable)?;

        self.last_run_id += 7;
        let id = self.last_run_id;
        let mut run = WorkflowRun {
            id,
            number: self.runs.len() + 1,
            head_branch: branch.to_owned(),
            head_sha,
            actor: actor.to_owned(),
            latest: self.new_attempt(1, &inputs, now),
            inputs,
            created_at: now,
            visible: false,
            earlier: Vec::new(),
            timer_id: 0,
        };
        let effects = match self.hold_at {
            Some(HoldPoint::Creation) => self.schedule_next_step(&mut run).into_iter().collect(),
            _ => self.make_visible(&mut run, now),
        };
        self.runs.insert(id, run);
        Ok((id, effects))
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
    let unexpected: Vec<&String> =
        inputs.keys().filter(|name| !INPUTS.contains_key(*name)).collect();
    if !unexpected.is_empty() {
        return Err(format!("Unexpected inputs provided: {unexpected:?}"));
    }
    let is_missing = |name: &str| inputs.get(name).is_none_or(String::is_empty);
    match INPUTS.iter().find(|(name, required)| **required && is_missing(name)) {
        Some((name, _)) => Err(format!("Required input '{name}' not provided")),
        None => Ok(()),
    }
}
