//! Starts a simulated GitHub, inspects it and steers it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::http;
pub use super::http::limits::LimitForm;
use super::http::limits::RequestLimit;
use super::local_git;
use super::model::HoldPoint;
use super::model::repositories::RepositorySettings;
use super::model::run::{Conclusion, WorkflowRun};
use super::options::{GitHubOptions, WebhookTarget};
use super::server_state::ServerState;
use super::webhooks::{Delivery, WebhookRule, sender};
use crate::traffic::fault::Fault;
use crate::traffic::recorded::RecordedRequest;
use crate::traffic::server::serve;

const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A running simulation of GitHub. It stops when it is dropped. Changes take effect immediately, for later
/// requests and events.
pub struct SimulatedGitHub {
    pub(super) state: Arc<ServerState>,
    /// Aborted when they are dropped.
    _tasks: JoinSet<()>,
}

impl SimulatedGitHub {
    /// # Errors
    /// If the address is in use, the builder repository is not `owner/name`, or the App's private
    /// key cannot be parsed.
    pub async fn start(options: GitHubOptions) -> anyhow::Result<Self> {
        anyhow::ensure!(
            options.builder_repository.contains('/'),
            "{} is not owner/name",
            options.builder_repository
        );
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(ServerState::new(options, origin)?);
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, http::router(&state)));
        tasks.spawn(sender::send_all(state.clone(), client));
        if state.options.repositories.is_some() {
            tasks.spawn(local_git::watch(state.clone()));
        }
        Ok(Self { state, _tasks: tasks })
    }

    /// The address that replaces `https://api.github.com`, `https://github.com` and the registry's.
    pub fn url(&self) -> String {
        self.state.origin.clone()
    }

    // Requests and faults.

    pub fn add_fault(&self, fault: Fault) {
        self.state.interceptor.add_fault(fault);
    }

    pub fn clear_faults(&self) {
        self.state.interceptor.clear_faults();
    }

    /// The latest 10,000 requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.interceptor.requests()
    }

    pub fn clear_requests(&self) {
        self.state.interceptor.clear_requests();
    }

    /// How many of the recorded requests were workflow dispatches, successful or not.
    pub fn dispatch_count(&self) -> usize {
        self.requests().iter().filter(|request| request.is("POST", "/dispatches")).count()
    }

    // Workflow runs.

    /// Workflow runs stop at this point until they are released. None ends this for later runs.
    pub fn hold_runs(&self, at: impl Into<Option<HoldPoint>>) {
        self.state.model().hold_at = at.into();
    }

    /// Lets one run continue to its end.
    pub fn release_run(&self, run: u64) {
        self.state.change(|model, _| ((), model.release(run)));
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
    pub fn runs(&self) -> Vec<WorkflowRun> {
        self.state.model().runs().cloned().collect()
    }

    /// The first run that was dispatched for this build.
    pub fn run_for_build(&self, build_id: &str) -> Option<WorkflowRun> {
        self.state.model().runs().find(|run| run.input("build_id") == build_id).cloned()
    }

    /// Does what "Re-run all jobs" on GitHub's page does. Returns false if GitHub would reject it.
    pub fn rerun_in_github(&self, run: u64) -> bool {
        self.state.try_change(|model, now| model.rerun(run, now)).is_ok()
    }

    /// Does what "Cancel workflow" on GitHub's page does. Returns false if GitHub would reject it.
    pub fn cancel_in_github(&self, run: u64) -> bool {
        self.state.try_change(|model, now| model.cancel(run, now)).is_ok()
    }

    /// Completes a run immediately. Returns false if there is no such run, or it is completed.
    pub fn finish_run(&self, run: u64, conclusion: Conclusion) -> bool {
        self.state.try_change(|model, now| model.finish(run, conclusion, now)).is_ok()
    }

    // Webhooks.

    /// Sends later events to this URL, signed with the secret.
    pub fn set_webhook(&self, url: &str, secret: &str) {
        let target = WebhookTarget { url: url.to_owned(), secret: secret.to_owned() };
        self.state.deliveries.set_target(Some(target));
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
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state.deliveries.deliveries()
    }

    /// Sends a delivery again under the same GUID. Returns false if there is no such delivery.
    pub fn redeliver(&self, delivery: u64) -> bool {
        self.state.deliveries.redeliver(delivery)
    }

    /// Sends the event that GitHub sends first to a new webhook.
    pub fn ping(&self) {
        self.state.send_ping();
    }

    // Repositories and packages.

    /// Changes the settings of a repository that are `Some`.
    pub fn set_repository(&self, full_name: &str, settings: RepositorySettings) {
        self.state.model().repositories.set(full_name, settings);
    }

    /// Limits requests whose path contains a text, for so many seconds.
    pub fn limit_requests(&self, path_contains: &str, seconds: i64, form: LimitForm) {
        let until = self.state.now().saturating_add(SignedDuration::from_secs(seconds));
        let until = until.unwrap_or(Timestamp::MAX);
        let limit = RequestLimit { path_contains: path_contains.to_owned(), until, form };
        self.state.runtime().limits.push(limit);
    }

    /// Pushes a new image under a tag and returns its digest. `name` is `namespace/image`.
    pub fn push_image(&self, name: &str, tag: &str) -> String {
        self.state.model().registry.push(name, &[tag.to_owned()], &crate::hash::random())
    }

    /// The digest that a tag points to.
    pub fn digest(&self, name: &str, tag: &str) -> Option<String> {
        self.state.model().registry.index(name, tag).map(|(digest, _)| digest.to_owned())
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

    /// Gives the login to another account with another id, as when its owner renames the account
    /// and someone else registers the login.
    pub fn reassign_login(&self, login: &str) {
        self.state.model().users.reassign_login(login);
    }

    // Settings.

    pub fn set_step(&self, step: Duration) {
        self.state.runtime().step = step;
    }

    /// Sets how many seconds the simulation's clock is ahead.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.state.runtime().clock_offset = seconds;
    }

    // Waiting.

    /// Waits until every run is completed or held, and every webhook is sent.
    ///
    /// # Errors
    /// After 30 seconds.
    pub async fn wait_until_idle(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while self.state.is_busy() {
            anyhow::ensure!(
                started.elapsed() < IDLE_TIMEOUT,
                "the simulated GitHub is still busy after {IDLE_TIMEOUT:?}"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
