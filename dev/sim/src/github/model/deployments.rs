//! Deployments of GitHub: notes of what is deployed where, which pages of pull requests and repositories show.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::api_error::ApiError;

const MAX_DESCRIPTION: usize = 140;
const STATES: [&str; 7] =
    ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub id: u64,
    pub sha: String,
    /// As it was requested: a branch, a tag or a commit.
    pub reference: String,
    pub task: String,
    pub payload: serde_json::Value,
    pub environment: String,
    pub description: Option<String>,
    pub is_transient: bool,
    pub is_production: bool,
    /// The login of its creator.
    pub creator: String,
    pub created_at: Timestamp,
    /// Oldest first.
    pub statuses: Vec<DeploymentStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentStatus {
    pub id: u64,
    pub state: String,
    pub description: String,
    pub environment: String,
    pub environment_url: Option<String>,
    pub log_url: Option<String>,
    pub creator: String,
    pub created_at: Timestamp,
}

impl Deployment {
    /// The newest state. None: it has none yet, and counts as pending.
    pub fn state(&self) -> Option<&str> {
        self.statuses.last().map(|status| status.state.as_str())
    }
}

#[derive(Debug, Default)]
pub struct Deployments {
    /// By the repository's id, oldest first.
    by_repository: BTreeMap<u64, Vec<Deployment>>,
    last_id: u64,
}

impl Deployments {
    /// Adds a deployment, whose id is set here.
    pub fn create(
        &mut self,
        repository: u64,
        deployment: Deployment,
    ) -> Result<Deployment, ApiError> {
        check_description(deployment.description.as_deref())?;
        let deployment = Deployment { id: self.next_id(), ..deployment };
        self.by_repository.entry(repository).or_default().push(deployment.clone());
        Ok(deployment)
    }

    /// Adds a status, whose id is set here. A success retires earlier deployments of the same environment that are
    /// neither transient nor of production, unless `auto_inactive` is false.
    pub fn add_status(
        &mut self,
        repository: u64,
        deployment: u64,
        status: DeploymentStatus,
        auto_inactive: bool,
    ) -> Result<DeploymentStatus, ApiError> {
        if !STATES.contains(&status.state.as_str()) {
            return Err(ApiError::unprocessable(
                "Validation Failed: state is not included in the list",
            ));
        }
        check_description(Some(&status.description))?;
        for url in [&status.environment_url, &status.log_url].into_iter().flatten() {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let message = "Validation Failed: environment_url must use http(s) scheme";
                return Err(ApiError::unprocessable(message));
            }
        }
        let status = DeploymentStatus { id: self.next_id(), ..status };
        let inactive_id = self.next_id();
        let all = self.by_repository.entry(repository).or_default();
        let place = all.iter().position(|found| found.id == deployment);
        let place = place.ok_or_else(ApiError::not_found)?;
        let retires = auto_inactive && status.state == "success";
        for (index, found) in all.iter_mut().enumerate() {
            let is_same_environment = found.environment == status.environment;
            let is_kept = found.is_transient || found.is_production;
            if index == place {
                found.statuses.push(status.clone());
            } else if retires
                && index < place
                && is_same_environment
                && !is_kept
                && found.state() == Some("success")
            {
                let state = "inactive".to_owned();
                found.statuses.push(DeploymentStatus { id: inactive_id, state, ..status.clone() });
            }
        }
        Ok(status)
    }

    pub fn find(&self, repository: u64, id: u64) -> Result<&Deployment, ApiError> {
        let mut all = self.by_repository.get(&repository).into_iter().flatten();
        all.find(|found| found.id == id).ok_or_else(ApiError::not_found)
    }

    /// Deletes a deployment that is inactive, or the only one of its environment.
    pub fn delete(&mut self, repository: u64, id: u64) -> Result<(), ApiError> {
        let found = self.find(repository, id)?;
        let (is_inactive, environment) = (found.state() == Some("inactive"), &found.environment);
        let all = self.by_repository.get(&repository).into_iter().flatten();
        let is_only_one = all.filter(|other| other.environment == *environment).count() == 1;
        if !is_inactive && !is_only_one {
            let message = "We cannot delete an active deployment unless it is the only deployment in a given environment.";
            return Err(ApiError::unprocessable(message));
        }
        if let Some(all) = self.by_repository.get_mut(&repository) {
            all.retain(|other| other.id != id);
        }
        Ok(())
    }

    /// All deployments of a repository, oldest first.
    pub fn of_repository(&self, repository: u64) -> &[Deployment] {
        self.by_repository.get(&repository).map_or(&[], Vec::as_slice)
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        1_900_000_000 + self.last_id
    }
}

fn check_description(description: Option<&str>) -> Result<(), ApiError> {
    match description {
        Some(text) if text.chars().count() > MAX_DESCRIPTION => {
            let message = "Validation Failed: description is too long (maximum is 140 characters)";
            Err(ApiError::unprocessable(message))
        }
        _ => Ok(()),
    }
}
