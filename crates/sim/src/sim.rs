//! The handle on a running simulation.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::control::faults::Fault;
use crate::control::routes;
use crate::control::seen::Seen;
use crate::http;
use crate::hub::{Hub, owner_and_name};
use crate::model::HoldAt;
use crate::model::dispatch::NewRun;
use crate::model::run::{Conclusion, Run};
use crate::model::world::RepositorySettings;
use crate::options::{Options, Webhook};
use crate::webhooks::{Delivery, WebhookRule, sender};

/// A simulated GitHub. It stops when it is dropped.
///
/// All that can be steered is on [`Control`], to which it dereferences.
pub struct Sim {
    control: Control,
    control_url: Option<String>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sim {
    /// Starts to listen.
    ///
    /// # Errors
    /// When an address is taken, or the App's key or the repository's name makes no sense.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        owner_and_name(&options.builder_repository)
            .with_context(|| format!("{} is not owner/name", options.builder_repository))?;
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed)?;
        let control_address = options.control;
        let hub = Arc::new(Hub::new(options, origin, seed)?);
        let control = Control { hub: hub.clone() };

        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut tasks = vec![
            tokio::spawn(http::server::serve(listener, http::router(&hub))),
            tokio::spawn(sender::send_all(hub.clone(), client)),
        ];
        let control_url = match control_address {
            None => None,
            Some(address) => {
                let listener = TcpListener::bind(address)
                    .await
                    .with_context(|| format!("cannot listen on {address}"))?;
                let url = format!("http://{}", listener.local_addr()?);
                let router = routes::router(control.clone());
                tasks.push(tokio::spawn(http::server::serve(listener, router)));
                Some(url)
            }
        };
        if hub.options.ping {
            hub.ping();
        }
        Ok(Self { control, control_url, tasks })
    }

    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.control_url.clone()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Deref for Sim {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

/// What can be asked of a running simulation and set in it.
#[derive(Clone)]
pub struct Control {
    hub: Arc<Hub>,
}

impl Control {
    /// The address in place of `https://api.github.com`, `https://github.com` and the registry.
    #[must_use]
    pub fn url(&self) -> String {
        self.hub.origin.clone()
    }

    /// The API's address: `/api/v3` with the option `ghes`.
    #[must_use]
    pub fn api_url(&self) -> String {
        let prefix = if self.hub.options.ghes { "/api/v3" } else { "" };
        format!("{}{prefix}", self.hub.origin)
    }

    // Requests and their faults.

    pub fn fault(&self, fault: Fault) {
        self.hub.traffic.fault(fault);
    }

    /// Those that are still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.hub.traffic.faults()
    }

    pub fn clear_faults(&self) {
        self.hub.traffic.clear_faults();
    }

    /// The latest requests, 10,000 at most, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.hub.traffic.requests()
    }

    pub fn clear_requests(&self) {
        self.hub.traffic.clear_requests();
    }

    /// How often a run was dispatched, successfully or not, among the requests that are kept.
    #[must_use]
    pub fn dispatches(&self) -> usize {
        self.requests().iter().filter(|seen| seen.is("POST", "/dispatches")).count()
    }

    // Runs.

    /// Lets runs wait at a point, from now on.
    pub fn hold_runs(&self, at: impl Into<Option<HoldAt>>) {
        self.hub.model().hold = at.into();
    }

    /// Lets one run go on to its end. False if there is no such run.
    pub fn release(&self, run: u64) -> bool {
        self.on_run(run, |hub| hub.act(|model, _| ((), model.release(run))))
    }

    /// Ends all waiting.
    pub fn release_all(&self) {
        self.hub.act(|model, _| ((), model.release_all()));
    }

    /// How the next attempt ends, instead of as the image's name says. They queue up.
    pub fn next_outcome(&self, conclusion: Conclusion) {
        self.hub.model().outcomes.push_back(conclusion);
    }

    /// All runs, oldest first, also those that the API does not show yet.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        self.hub.model().runs().cloned().collect()
    }

    #[must_use]
    pub fn run_of(&self, build_id: &str) -> Option<Run> {
        self.hub.model().runs().find(|run| run.input("build_id") == build_id).cloned()
    }

    /// Adds a run that somebody else started, and returns its id.
    pub fn add_run(&self, run: NewRun) -> u64 {
        self.hub.act(|model, now| model.add_run(run, now))
    }

    /// As if somebody pressed "Re-run all jobs" on GitHub's page.
    pub fn rerun_in_github(&self, run: u64) -> bool {
        self.hub.act(|model, now| match model.rerun(run, false, now) {
            Ok(effects) => (true, effects),
            Err(_) => (false, Vec::new()),
        })
    }

    /// As if somebody pressed "Cancel workflow" on GitHub's page.
    pub fn cancel_in_github(&self, run: u64) -> bool {
        self.hub.act(|model, now| match model.cancel(run, now) {
            Ok(effects) => (true, effects),
            Err(_) => (false, Vec::new()),
        })
    }

    /// Ends a run at once.
    pub fn finish(&self, run: u64, conclusion: Conclusion) -> bool {
        self.on_run(run, |hub| hub.act(|model, now| ((), model.finish(run, conclusion, now))))
    }

    fn on_run(&self, run: u64, change: impl FnOnce(&Arc<Hub>)) -> bool {
        let known = self.hub.model().runs().any(|known| known.id == run);
        if known {
            change(&self.hub);
        }
        known
    }

    // Webhooks.

    /// Where events go from now on.
    pub fn set_webhook(&self, url: &str, secret: &str) {
        let target = Webhook { url: url.to_owned(), secret: secret.to_owned() };
        self.hub.mailbox.set_target(Some(target));
        if self.hub.options.ping {
            self.hub.ping();
        }
    }

    pub fn clear_webhook(&self) {
        self.hub.mailbox.set_target(None);
    }

    /// Loses, doubles or holds events from now on.
    pub fn webhooks(&self, rule: WebhookRule) {
        self.hub.mailbox.add_rule(rule);
    }

    pub fn clear_webhook_rules(&self) {
        self.hub.mailbox.clear_rules();
    }

    /// Sends what is held, in the order of happening.
    pub fn release_webhooks(&self) {
        self.hub.mailbox.release(None);
    }

    /// Sends these held deliveries in this order.
    pub fn release_webhooks_in_order(&self, ids: &[u64]) {
        self.hub.mailbox.release(Some(ids.to_vec()));
    }

    /// Every event so far and what became of it, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.hub.mailbox.deliveries()
    }

    /// Sends an event again under its old delivery id.
    pub fn redeliver(&self, delivery: u64) -> bool {
        self.hub.mailbox.redeliver(delivery)
    }

    pub fn ping(&self) {
        self.hub.ping();
    }

    // The world.

    /// Sets what is `Some` about a repository.
    pub fn set_repository(&self, full_name: &str, settings: RepositorySettings) {
        self.hub.model().world.set(full_name, settings);
    }

    /// `name` without the registry: `namespace/image`.
    pub fn set_private_package(&self, name: &str, private: bool) {
        self.hub.model().registry.set_private(name, private);
    }

    /// Pushes another image under a tag and returns its digest.
    pub fn push_image(&self, name: &str, tag: &str) -> String {
        let seed = self.hub.now().as_nanosecond().to_string();
        self.hub.model().registry.push(name, &[tag.to_owned()], &seed, "")
    }

    pub fn delete_tag(&self, name: &str, tag: &str) {
        self.hub.model().registry.delete_tag(name, tag);
    }

    /// The digest behind a tag.
    #[must_use]
    pub fn digest(&self, name: &str, tag: &str) -> Option<String> {
        self.hub.model().registry.manifest(name, tag).map(|(digest, _)| digest)
    }

    /// Makes every installation token invalid.
    pub fn revoke_tokens(&self) {
        self.hub.model().grants.revoke_all();
    }

    // People.

    /// Makes somebody a member of an organisation, or of a team (`organisation/team`).
    pub fn add_member(&self, of: &str, login: &str) {
        self.hub.model().people.add_member(of, login);
    }

    pub fn remove_member(&self, of: &str, login: &str) {
        self.hub.model().people.remove_member(of, login);
    }

    /// The login belongs to another account from now on: its owner gave it up, somebody else took it.
    pub fn login_changes_hands(&self, login: &str) {
        self.hub.model().people.change_hands(login);
    }

    // Settings.

    pub fn set_step(&self, step: Duration) {
        self.hub.desk().step = step;
    }

    pub fn set_dispatch_204(&self, on: bool) {
        self.hub.desk().dispatch_204 = on;
    }

    /// Seconds by which the simulation's clock is ahead.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.hub.desk().clock_offset = seconds;
    }

    /// Requests that each caller may make in an hour, counted from now.
    pub fn set_rate_limit(&self, limit: u64) {
        let mut desk = self.hub.desk();
        desk.rate_limit = limit;
        desk.used.clear();
    }

    // Waiting.

    /// Whether a run is going to move or an event is going to be sent without anybody's doing.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.hub.is_busy()
    }

    /// Waits until nothing moves by itself any more: every run is over or held, every event sent.
    ///
    /// # Errors
    /// When that takes longer than half a minute.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while self.is_busy() {
            anyhow::ensure!(
                begin.elapsed() < Duration::from_secs(30),
                "the simulation never rests"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}
