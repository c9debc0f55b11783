//! The shared state of all routes. Connects the model to the clock, timers and webhooks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use super::http::app_jwt::AppVerifier;
use super::model::builder_workflow::BuilderWorkflow;
use super::model::repositories::Repository;
use super::model::{Effect, Model, WebhookEvent};
use super::options::GitHubOptions;
use super::render::{self, Links, webhook};
use super::webhooks::HOOK_ID;
use super::webhooks::delivery::NewDelivery;
use super::webhooks::queue::DeliveryQueue;
use crate::traffic::interceptor::Interceptor;

/// GitHub's default for a user or an installation.
const REQUESTS_PER_HOUR: u64 = 5000;

pub struct ServerState {
    pub(crate) options: GitHubOptions,
    pub(crate) app: Option<AppVerifier>,
    /// `http://host:port`
    pub(crate) origin: String,
    pub(crate) deliveries: DeliveryQueue,
    pub(crate) interceptor: Interceptor,
    model: Mutex<Model>,
    runtime: Mutex<RuntimeState>,
    /// How many timers are running.
    timers: AtomicUsize,
    tokio: Handle,
}

/// Adjustable settings, and short-lived state of the HTTP layer that is not in the model.
pub(crate) struct RuntimeState {
    /// How many seconds the clock is ahead.
    pub clock_offset: i64,
    /// How long each step of a workflow run takes.
    pub step: Duration,
    pub dispatch_204: bool,
    /// Requests that each caller may send in an hour.
    pub rate_limit: u64,
    /// Requests sent so far, by hash of the caller's credentials.
    pub requests_used: BTreeMap<String, u64>,
    /// Job id and expiry of each link to a job's log, by the random part of its path.
    pub log_links: BTreeMap<String, (u64, Timestamp)>,
    /// Manifests of GitHub Apps, by the code that each can be exchanged for.
    pub app_manifests: BTreeMap<String, serde_json::Value>,
}

impl ServerState {
    pub(crate) fn new(
        options: GitHubOptions,
        origin: String,
        seed: [u8; 32],
    ) -> anyhow::Result<Self> {
        let app = options.app.as_ref().map(AppVerifier::new).transpose()?;
        let workflow = BuilderWorkflow::new(&options.builder_repository, &options.workflow);
        let started = now_with_offset(options.clock_offset);
        let mut model = Model::new(workflow, started, seed);
        model.registry.private_by_default = options.private_packages;
        if let Some((owner, _)) = options.builder_repository.split_once('/') {
            model.installations.id_for_account(owner);
        }
        let runtime = RuntimeState {
            clock_offset: options.clock_offset,
            step: options.step,
            dispatch_204: options.dispatch_204,
            rate_limit: REQUESTS_PER_HOUR,
            requests_used: BTreeMap::new(),
            log_links: BTreeMap::new(),
            app_manifests: BTreeMap::new(),
        };
        Ok(Self {
            deliveries: DeliveryQueue::new(options.webhook.clone(), options.ghes),
            interceptor: Interceptor::new(options.record_responses),
            app,
            origin,
            model: Mutex::new(model),
            runtime: Mutex::new(runtime),
            timers: AtomicUsize::new(0),
            tokio: Handle::current(),
            options,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        now_with_offset(self.runtime().clock_offset)
    }

    pub(crate) fn runtime(&self) -> MutexGuard<'_, RuntimeState> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For reads, and for changes without effects. All others go through [`ServerState::change`].
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the model and carries out the effects of the change.
    pub(crate) fn change<R>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Model, Timestamp) -> (R, Vec<Effect>),
    ) -> R {
        let now = self.now();
        let mut model = self.model();
        let (result, effects) = change(&mut model, now);
        // Still under the lock, so that webhooks are queued in the order of the changes.
        for effect in effects {
            match effect {
                Effect::SendWebhook(event) => self.enqueue(&mut model, &event),
                Effect::ScheduleAdvance { run, attempt, timer_id } => {
                    self.start_timer(run, attempt, timer_id);
                }
            }
        }
        result
    }

    fn start_timer(self: &Arc<Self>, run: u64, attempt: u32, timer_id: u32) {
        let step = self.runtime().step;
        self.timers.fetch_add(1, Ordering::SeqCst);
        // A weak reference, so that timers do not keep a dropped simulation alive.
        let state = Arc::downgrade(self);
        self.tokio.spawn(async move {
            tokio::time::sleep(step).await;
            if let Some(state) = state.upgrade() {
                state.change(|model, now| ((), model.advance(run, attempt, timer_id, now)));
                state.timers.fetch_sub(1, Ordering::SeqCst);
            }
        });
    }

    fn enqueue(&self, model: &mut Model, event: &WebhookEvent) {
        let run = event.run();
        let Some(repository) = owner_and_name(&run.repository)
            .and_then(|(owner, name)| model.repositories.repository(owner, name))
        else {
            return;
        };
        let installation =
            self.app.as_ref().map(|_| model.installations.id_for_account(&repository.owner));
        let (name, action, body) =
            webhook::payload(&self.webhook_links(), &repository, event, installation);
        self.deliveries.enqueue(NewDelivery {
            event: name.to_owned(),
            action: Some(action.to_owned()),
            run_id: Some(run.id),
            repository_id: Some(render::repository::id(&repository)),
            target: self.hook_target(&repository),
            body: body.to_string().into(),
        });
    }

    /// Sends the `ping` event of the builder repository's webhook, if a webhook is configured.
    pub(crate) fn send_ping(&self) {
        let (Some(target), Some((owner, name))) =
            (self.deliveries.target(), owner_and_name(&self.options.builder_repository))
        else {
            return;
        };
        let Some(repository) = self.model().repositories.repository(owner, name) else {
            return;
        };
        let body = webhook::ping(&self.webhook_links(), &repository, HOOK_ID, &target.url);
        self.deliveries.enqueue(NewDelivery {
            event: "ping".to_owned(),
            action: None,
            run_id: None,
            repository_id: Some(render::repository::id(&repository)),
            target: self.hook_target(&repository),
            body: body.to_string().into(),
        });
    }

    /// The type and id of the webhook's installation target: the App, or the repository without one.
    fn hook_target(&self, repository: &Repository) -> (&'static str, u64) {
        match self.app {
            Some(_) => ("integration", render::app::APP_ID),
            None => ("repository", render::repository::id(repository)),
        }
    }

    fn webhook_links(&self) -> Links {
        let prefix = if self.options.ghes { "/api/v3" } else { "" };
        Links { web: self.origin.clone(), api: format!("{}{prefix}", self.origin) }
    }

    /// Whether a timer is running or a webhook waits to be sent.
    pub(crate) fn is_busy(&self) -> bool {
        self.timers.load(Ordering::SeqCst) > 0 || self.deliveries.is_busy()
    }
}

pub(crate) fn owner_and_name(full_name: &str) -> Option<(&str, &str)> {
    full_name.split_once('/')
}

fn now_with_offset(seconds: i64) -> Timestamp {
    let now = Timestamp::now();
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}
