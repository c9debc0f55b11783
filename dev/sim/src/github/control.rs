//! Inspects and steers a running simulation of GitHub.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::model::HoldPoint;
use super::model::dispatch::UnrelatedRun;
use super::model::repositories::RepositorySettings;
use super::model::run::{Conclusion, WorkflowRun};
use super::options::WebhookTarget;
use super::server_state::ServerState;
use super::webhooks::{Delivery, WebhookRule};
use crate::traffic::fault::Fault;
use crate::traffic::recorded::RecordedRequest;

const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A handle to a running simulation. Changes take effect immediately, for later requests and events.
#[derive(Clone)]
pub struct GitHubControl {
    state: Arc<ServerState>,
}

impl GitHubControl {
    pub(crate) fn new(state: Arc<ServerState>) -> Self {
        Self { state }
    }

    /// The address that replaces `https://api.github.com`, `https://github.com` and the registry's.
    #[must_use]
    pub fn url(&self) -> String {
        self.state.origin.clone()
    }

    /// The address of the REST API: ends with `/api/v3` if the option `ghes` is set.
    #[must_use]
    pub fn api_url(&self) -> String {
        let prefix = if self.state.options.ghes { "/api/v3" } else { "" };
        format!("{}{prefix}", self.state.origin)
    }

    // Requests and faults.

    pub fn add_fault(&self, fault: Fault) {
        self.state.interceptor.add_fault(fault);
    }

    /// Faults that have uses left.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.state.interceptor.faults()
    }

    pub fn clear_faults(&self) {
        self.state.interceptor.clear_faults();
    }

    /// The latest 10,000 requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.interceptor.requests()
    }

    pub fn clear_requests(&self) {
        self.state.interceptor.clear_requests();
    }

    /// How many of the recorded requests were workflow dispatches, successful or not.
    #[must_use]
    pub fn dispatch_count(&self) -> usize {
        self.requests().iter().filter(|request| request.is("POST", "/dispatches")).count()
    }

    // Workflow runs.

    /// Workflow runs stop at this point until they are released. None ends this for later runs.
    pub fn hold_runs(&self, at: impl Into<Option<HoldPoint>>) {
        self.state.model().hold_at = at.into();
    }

    /// Lets one run continue to its end. Returns false if there is no such run.
    pub fn release_run(&self, run: u64) -> bool {
        self.if_run_exists(run, |state| state.change(|model, _| ((), model.release(run))))
    }

    /// Lets all runs continue, and later ones too.
    pub fn release_all(&self) {
        self.state.change(|model, _| ((), model.release_all()));
    }

    /// Sets the conclusion of the next attempt that has none yet, instead of the one that follows
    /// from the image's name. Several calls queue up.
    pub fn set_next_conclusion(&self, conclusion: Conclusion) {
        self.state.model().next_conclusions.push_back(conclusion);
    }

    /// All runs, oldest first, including those that the API does not show yet.
    #[must_use]
    pub fn runs(&self) -> Vec<WorkflowRun> {
        self.state.model().runs().cloned().collect()
    }

    /// The first run that was dispatched for this build.
    #[must_use]
    pub fn run_for_build(&self, build_id: &str) -> Option<WorkflowRun> {
        self.state.model().runs().find(|run| run.input("build_id") == build_id).cloned()
    }

    /// Adds a run that NoKube did not dispatch, and returns its id.
    pub fn add_run(&self, run: UnrelatedRun) -> u64 {
        self.state.change(|model, now| model.add_run(run, now))
    }

    /// Does what "Re-run all jobs" on GitHub's page does. Returns false if GitHub would reject it.
    pub fn rerun_in_github(&self, run: u64) -> bool {
        self.state.change(|model, now| match model.rerun(run, false, now) {
            Ok(effects) => (true, effects),
            Err(_) => (false, Vec::new()),
        })
    }

    /// Does what "Cancel workflow" on GitHub's page does. Returns false if GitHub would reject it.
    pub fn cancel_in_github(&self, run: u64) -> bool {
        self.state.change(|model, now| match model.cancel(run, now) {
            Ok(effects) => (true, effects),
            Err(_) => (false, Vec::new()),
        })
    }

    /// Completes a run immediately. Returns false if there is no such run.
    pub fn finish_run(&self, run: u64, conclusion: Conclusion) -> bool {
        self.if_run_exists(run, |state| {
            state.change(|model, now| ((), model.finish(run, conclusion, now)));
        })
    }

    fn if_run_exists(&self, run: u64, change: impl FnOnce(&Arc<ServerState>)) -> bool {
        let exists = self.state.model().runs().any(|existing| existing.id == run);
        if exists {
            change(&self.state);
        }
        exists
    }

    // Webhooks.

    /// Sends later events to this URL, signed with the secret.
    pub fn set_webhook(&self, url: &str, secret: &str) {
        let target = WebhookTarget { url: url.to_owned(), secret: secret.to_owned() };
        self.state.deliveries.set_target(Some(target));
        if self.state.options.ping {
            self.state.send_ping();
        }
    }

    pub fn clear_webhook(&self) {
        self.state.deliveries.set_target(None);
    }

    /// Drops, duplicates or holds later events that match the rule.
    pub fn add_webhook_rule(&self, rule: WebhookRule) {
        self.state.deliveries.add_rule(rule);
    }

    pub fn clear_webhook_rules(&self) {
        self.state.deliveries.clear_rules();
    }

    /// Sends all held deliveries, oldest first.
    pub fn release_webhooks(&self) {
        self.state.deliveries.release(None);
    }

    /// Sends these held deliveries in this order.
    pub fn release_webhooks_in_order(&self, ids: &[u64]) {
        self.state.deliveries.release(Some(ids.to_vec()));
    }

    /// All deliveries with their state, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries.deliveries()
    }

    /// Sends a delivery again under the same GUID. Returns false if there is no such delivery.
    pub fn redeliver(&self, delivery: u64) -> bool {
        self.state.deliveries.redeliver(delivery)
    }

    pub fn ping(&self) {
        self.state.send_ping();
    }

    // Repositories and packages.

    /// Changes the settings of a repository that are `Some`.
    pub fn set_repository(&self, full_name: &str, settings: RepositorySettings) {
        self.state.model().repositories.set(full_name, settings);
    }

    /// `name` is the image without its registry: `namespace/image`.
    pub fn set_package_private(&self, name: &str, private: bool) {
        self.state.model().registry.set_private(name, private);
    }

    /// Pushes a new image under a tag and returns its digest.
    pub fn push_image(&self, name: &str, tag: &str) -> String {
        let seed = self.state.now().as_nanosecond().to_string();
        self.state.model().registry.push(name, &[tag.to_owned()], &seed, "")
    }

    pub fn delete_tag(&self, name: &str, tag: &str) {
        self.state.model().registry.delete_tag(name, tag);
    }

    /// The digest that a tag points to.
    #[must_use]
    pub fn digest(&self, name: &str, tag: &str) -> Option<String> {
        self.state.model().registry.manifest(name, tag).map(|(digest, _)| digest)
    }

    /// Revokes every installation access token.
    pub fn revoke_tokens(&self) {
        self.state.model().installations.revoke_all_tokens();
    }

    // Users.

    /// Makes a user a member of an organisation, or of a team (`organisation/team`).
    pub fn add_member(&self, of: &str, login: &str) {
        self.state.model().users.add_member(of, login);
    }

    pub fn remove_member(&self, of: &str, login: &str) {
        self.state.model().users.remove_member(of, login);
    }

    /// Gives the login to another account with another id, as when its owner renames the account
    /// and someone else registers the login.
    pub fn reassign_login(&self, login: &str) {
        self.state.model().users.reassign_login(login);
    }

    // Settings.

    pub fn set_step(&self, step: Duration) {
        self.state.runtime().step = step;
    }

    /// Whether dispatches respond with 204, without the run's id.
    pub fn set_dispatch_204(&self, enabled: bool) {
        self.state.runtime().dispatch_204 = enabled;
    }

    /// Sets how many seconds the simulation's clock is ahead.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.state.runtime().clock_offset = seconds;
    }

    /// Sets how many requests each caller may send in an hour, and resets the counters.
    pub fn set_rate_limit(&self, limit: u64) {
        let mut runtime = self.state.runtime();
        runtime.rate_limit = limit;
        runtime.requests_used.clear();
    }

    // Waiting.

    /// Whether a run is going to change or a webhook is going to be sent without further calls.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.state.is_busy()
    }

    /// Waits until every run is completed or held, and every webhook is sent.
    ///
    /// # Errors
    /// After 30 seconds.
    pub async fn wait_until_idle(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.is_busy() {
            anyhow::ensure!(
                started.elapsed() < IDLE_TIMEOUT,
                "the simulated GitHub is still busy after {IDLE_TIMEOUT:?}"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
