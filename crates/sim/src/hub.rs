//! Joins the model to the outside: the clock, the timers, the webhooks, and what a test has set.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::control::traffic::Traffic;
use crate::http::jwt::AppVerifier;
use crate::model::contract::BuilderWorkflow;
use crate::model::world::Repository;
use crate::model::{Effect, Model, Notice};
use crate::options::Options;
use crate::render::{Links, event};
use crate::webhooks::mailbox::{Event, Mailbox};

/// Shared by every route; held by [`crate::Sim`].
pub struct Hub {
    pub(crate) options: Options,
    pub(crate) app: Option<AppVerifier>,
    /// `http://host:port`
    pub(crate) origin: String,
    pub(crate) mailbox: Mailbox,
    pub(crate) traffic: Traffic,
    model: Mutex<Model>,
    desk: Mutex<Desk>,
    timers: AtomicUsize,
    runtime: Handle,
}

/// What is set from outside.
pub(crate) struct Desk {
    pub clock_offset: i64,
    pub step: Duration,
    pub dispatch_204: bool,
    /// Requests left in this hour, when a test limits them.
    pub rate_limit: u64,
    /// Requests by caller.
    pub used: BTreeMap<String, u64>,
    /// Random part of a log's address: the job, and until when it can be read.
    pub log_links: BTreeMap<String, (u64, Timestamp)>,
    /// Manifests of Apps by the code that they are exchanged by.
    pub manifests: BTreeMap<String, serde_json::Value>,
}

impl Hub {
    pub(crate) fn new(options: Options, origin: String, seed: [u8; 32]) -> anyhow::Result<Self> {
        let app = options.app.as_ref().map(AppVerifier::new).transpose()?;
        let workflow = BuilderWorkflow::new(&options.builder_repository, &options.workflow);
        let started = shifted(options.clock_offset);
        let mut model = Model::new(workflow, started, seed);
        model.registry.private = options.private_packages;
        if let Some((owner, _)) = options.builder_repository.split_once('/') {
            model.grants.installation(owner);
        }
        let desk = Desk {
            clock_offset: options.clock_offset,
            step: options.step,
            dispatch_204: options.dispatch_204,
            rate_limit: 5000,
            used: BTreeMap::new(),
            log_links: BTreeMap::new(),
            manifests: BTreeMap::new(),
        };
        Ok(Self {
            mailbox: Mailbox::new(options.webhook.clone(), options.ghes),
            traffic: Traffic::new(options.keep_answers),
            app,
            origin,
            model: Mutex::new(model),
            desk: Mutex::new(desk),
            timers: AtomicUsize::new(0),
            runtime: Handle::current(),
            options,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        shifted(self.desk().clock_offset)
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For looking only: changes go through [`Hub::act`], so that their effects happen.
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the model and carries out what follows.
    pub(crate) fn act<R>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Model, Timestamp) -> (R, Vec<Effect>),
    ) -> R {
        let now = self.now();
        let mut model = self.model();
        let (result, effects) = change(&mut model, now);
        // Still under the lock: webhooks leave in the order of what happened.
        for effect in effects {
            match effect {
                Effect::Notify(notice) => self.post(&mut model, &notice),
                Effect::Later { run, attempt, turn } => self.later(run, attempt, turn),
            }
        }
        result
    }

    fn later(self: &Arc<Self>, run: u64, attempt: u32, turn: u32) {
        let step = self.desk().step;
        self.timers.fetch_add(1, Ordering::SeqCst);
        // Weak, so that a dropped simulation does not live on in its timers.
        let hub = Arc::downgrade(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(step).await;
            if let Some(hub) = hub.upgrade() {
                hub.act(|model, now| ((), model.advance(run, attempt, turn, now)));
                hub.timers.fetch_sub(1, Ordering::SeqCst);
            }
        });
    }

    fn post(&self, model: &mut Model, notice: &Notice) {
        let run = notice.run();
        let Some(repository) = owner_and_name(&run.repository)
            .and_then(|(owner, name)| model.world.repository(owner, name))
        else {
            return;
        };
        let installation = self.app.as_ref().map(|_| model.grants.installation(&repository.owner));
        let (event, action, body) =
            event::event(&self.webhook_links(), &repository, notice, installation);
        self.mailbox.post(Event {
            event: event.to_owned(),
            action: Some(action.to_owned()),
            run: Some(run.id),
            repository: Some(crate::render::repository::id(&repository)),
            target: self.hook_target(&repository),
            body: body.to_string().into(),
        });
    }

    /// Sends the event that a new webhook begins with.
    pub(crate) fn ping(&self) {
        let (Some(target), Some((owner, name))) =
            (self.mailbox.target(), owner_and_name(&self.options.builder_repository))
        else {
            return;
        };
        let Some(repository) = self.model().world.repository(owner, name) else {
            return;
        };
        let hook = crate::webhooks::HOOK_ID;
        let body = event::ping(&self.webhook_links(), &repository, hook, &target.url);
        self.mailbox.post(Event {
            event: "ping".to_owned(),
            action: None,
            run: None,
            repository: Some(crate::render::repository::id(&repository)),
            target: self.hook_target(&repository),
            body: body.to_string().into(),
        });
    }

    /// An App's webhook is aimed at the App, another at its repository.
    fn hook_target(&self, repository: &Repository) -> (&'static str, u64) {
        match self.app {
            Some(_) => ("integration", crate::render::app::APP_ID),
            None => ("repository", crate::render::repository::id(repository)),
        }
    }

    fn webhook_links(&self) -> Links {
        let prefix = if self.options.ghes { "/api/v3" } else { "" };
        Links { web: self.origin.clone(), api: format!("{}{prefix}", self.origin) }
    }

    /// Whether something is still going to happen by itself.
    pub(crate) fn is_busy(&self) -> bool {
        self.timers.load(Ordering::SeqCst) > 0 || self.mailbox.is_busy()
    }
}

pub(crate) fn owner_and_name(full_name: &str) -> Option<(&str, &str)> {
    full_name.split_once('/')
}

fn shifted(offset: i64) -> Timestamp {
    let now = Timestamp::now();
    now.saturating_add(SignedDuration::from_secs(offset)).unwrap_or(now)
}
