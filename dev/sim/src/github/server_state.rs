//! The shared state of all routes. Connects the model to the clock, timers and webhooks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use super::http::app_jwt::AppVerifier;
use super::http::limits::RequestLimit;
use super::http::registry::PullPermission;
use super::job::Job;
use super::local_git::LocalRefs;
use super::model::api_error::ApiError;
use super::model::builder_workflow::BuilderWorkflow;
use super::model::{Effect, Model};
use super::options::GitHubOptions;
use super::webhooks::queue::DeliveryQueue;
use crate::traffic::interceptor::Interceptor;

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
    /// Held while the branches of Git repositories on this machine are read.
    pub(crate) local_git: tokio::sync::Mutex<LocalRefs>,
    tokio: Handle,
}

/// Adjustable settings, and short-lived state of the HTTP layer that is not in the model.
pub(crate) struct RuntimeState {
    /// How many seconds the clock is ahead.
    pub clock_offset: i64,
    /// How long each step of a workflow run takes.
    pub step: Duration,
    /// Job id and expiry of each link to a job's log, by the random part of its path.
    pub log_links: BTreeMap<String, (u64, Timestamp)>,
    /// Package and permission of each bearer token of the registry.
    pub registry_tokens: BTreeMap<String, (String, PullPermission)>,
    /// Limits of requests.
    pub limits: Vec<RequestLimit>,
    /// Manifests of GitHub Apps, by the code that each can be exchanged for.
    pub app_manifests: BTreeMap<String, serde_json::Value>,
}

impl ServerState {
    pub(crate) fn new(options: GitHubOptions, origin: String) -> anyhow::Result<Self> {
        let app = options.app.as_ref().map(AppVerifier::new).transpose()?;
        let workflow = BuilderWorkflow::new(&options.builder_repository, &options.workflow);
        let mut model = Model::new(workflow, Timestamp::now());
        model.installations.id_for_account(options.builder().0);
        model.has_runner = options.runner.is_some();
        if let Some(repositories) = &options.repositories {
            let names = repositories.keys().map(String::as_str);
            model.repositories.restrict_to(names.chain([options.builder_repository.as_str()]));
        }
        let runtime = RuntimeState {
            clock_offset: 0,
            step: options.step,
            log_links: BTreeMap::new(),
            registry_tokens: BTreeMap::new(),
            limits: Vec::new(),
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
            local_git: tokio::sync::Mutex::default(),
            tokio: Handle::current(),
            options,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.runtime().clock_offset);
        Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX)
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
                Effect::ScheduleAdvance { run, timer_id } => self.start_timer(run, timer_id),
                Effect::StartJob { run } => self.start_job(&model, run),
            }
        }
        result
    }

    /// The same for a change that GitHub can reject.
    pub(crate) fn try_change(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Model, Timestamp) -> Result<Vec<Effect>, ApiError>,
    ) -> Result<(), ApiError> {
        self.try_change_to(|model, now| change(model, now).map(|effects| ((), effects)))
    }

    /// The same for a change that GitHub can reject and that results in something.
    pub(crate) fn try_change_to<R, E>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Model, Timestamp) -> Result<(R, Vec<Effect>), E>,
    ) -> Result<R, E> {
        self.change(|model, now| match change(model, now) {
            Ok((result, effects)) => (Ok(result), effects),
            Err(error) => (Err(error), Vec::new()),
        })
    }

    fn start_job(self: &Arc<Self>, model: &Model, run: u64) {
        if let (Some(runner), Some(run)) = (&self.options.runner, model.run(run)) {
            // Fails if the runner has stopped. The job stays queued then.
            let _ = runner.send(Job::new(run, Arc::downgrade(self)));
        }
    }

    fn start_timer(self: &Arc<Self>, run: u64, timer_id: u32) {
        let step = self.runtime().step;
        self.timers.fetch_add(1, Ordering::SeqCst);
        // A weak reference, so that timers do not keep a dropped simulation alive.
        let state = Arc::downgrade(self);
        self.tokio.spawn(async move {
            tokio::time::sleep(step).await;
            if let Some(state) = state.upgrade() {
                state.change(|model, now| ((), model.advance(run, timer_id, now)));
                state.timers.fetch_sub(1, Ordering::SeqCst);
            }
        });
    }

    /// Whether a timer is running or a webhook waits to be sent.
    pub(crate) fn is_busy(&self) -> bool {
        self.timers.load(Ordering::SeqCst) > 0 || self.deliveries.is_busy()
    }
}
