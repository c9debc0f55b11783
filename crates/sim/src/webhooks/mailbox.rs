//! What is to be sent, what was sent and what became of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{Delivery, DeliveryState, Treatment, WebhookRule};
use crate::model::ids;
use crate::options::Webhook;

/// An event that is about to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub event: String,
    pub action: Option<String>,
    pub run: Option<u64>,
    pub repository: Option<u64>,
    pub target: (&'static str, u64),
    pub body: Bytes,
}

pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
    pub(super) wake: Notify,
    pub(super) ghes: bool,
}

pub(super) struct Inner {
    target: Option<Webhook>,
    rules: Vec<WebhookRule>,
    deliveries: Vec<Delivery>,
    outbox: VecDeque<u64>,
    sending: bool,
}

impl Mailbox {
    pub(crate) fn new(target: Option<Webhook>, ghes: bool) -> Self {
        let inner = Inner {
            target,
            rules: Vec::new(),
            deliveries: Vec::new(),
            outbox: VecDeque::new(),
            sending: false,
        };
        Self { inner: Mutex::new(inner), wake: Notify::new(), ghes }
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn target(&self) -> Option<Webhook> {
        self.inner().target.clone()
    }

    pub(crate) fn set_target(&self, target: Option<Webhook>) {
        self.inner().target = target;
    }

    pub(crate) fn add_rule(&self, rule: WebhookRule) {
        self.inner().rules.push(rule);
    }

    pub(crate) fn clear_rules(&self) {
        self.inner().rules.clear();
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.inner().deliveries.clone()
    }

    pub(crate) fn is_busy(&self) -> bool {
        let inner = self.inner();
        inner.sending || (inner.target.is_some() && !inner.outbox.is_empty())
    }

    pub(crate) fn post(&self, event: Event) {
        let mut inner = self.inner();
        let rule = inner.rules.iter_mut().find(|rule| rule.fits(&event));
        let treatment = rule.map(|rule| {
            rule.times = rule.times.map(|left| left.saturating_sub(1));
            rule.treatment
        });
        let state = match treatment {
            _ if inner.target.is_none() => DeliveryState::NoTarget,
            Some(Treatment::Drop) => DeliveryState::Dropped,
            Some(Treatment::Hold) => DeliveryState::Held,
            Some(Treatment::Duplicate) | None => DeliveryState::Waiting,
        };
        let id = inner.record(event, state);
        if treatment == Some(Treatment::Duplicate) {
            inner.send_again(id);
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// Sends held events in the given order, or all of them in the order of happening.
    pub(crate) fn release(&self, ids: Option<Vec<u64>>) {
        let mut inner = self.inner();
        let held = |delivery: &&Delivery| delivery.state == DeliveryState::Held;
        let all: Vec<u64> = inner.deliveries.iter().filter(held).map(|held| held.id).collect();
        for id in ids.unwrap_or_else(|| all.clone()).into_iter().filter(|id| all.contains(id)) {
            inner.update(id, |delivery| delivery.state = DeliveryState::Waiting);
            inner.outbox.push_back(id);
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// Sends an event again under its old delivery id; false if there is no such delivery.
    pub(crate) fn redeliver(&self, id: u64) -> bool {
        let again = self.inner().send_again(id);
        self.wake.notify_one();
        again
    }

    pub(super) fn next(&self) -> Option<(Webhook, Delivery)> {
        let mut inner = self.inner();
        inner.sending = false;
        let target = inner.target.clone()?;
        let id = inner.outbox.pop_front()?;
        inner.sending = true;
        inner
            .deliveries
            .iter()
            .find(|delivery| delivery.id == id)
            .map(|found| (target, found.clone()))
    }
}

impl Inner {
    fn record(&mut self, event: Event, state: DeliveryState) -> u64 {
        let id = self.next_id();
        let random = ids::sha256([&id.to_be_bytes(), event.body.as_ref()].concat());
        let part = |from: usize, to: usize| random.get(from..to).unwrap_or_default().to_owned();
        let guid = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        self.deliveries.push(Delivery {
            id,
            guid,
            event: event.event,
            action: event.action,
            run_id: event.run,
            repository_id: event.repository,
            state,
            status_code: None,
            response: String::new(),
            duration_ms: 0,
            delivered_at: None,
            redelivery: false,
            body: event.body,
            target: event.target,
        });
        if state == DeliveryState::Waiting {
            self.outbox.push_back(id);
        }
        id
    }

    fn send_again(&mut self, id: u64) -> bool {
        let found = self.deliveries.iter().find(|delivery| delivery.id == id).cloned();
        let Some(old) = found else { return false };
        let id = self.next_id();
        self.deliveries.push(Delivery {
            id,
            state: DeliveryState::Waiting,
            redelivery: true,
            status_code: None,
            delivered_at: None,
            response: String::new(),
            ..old
        });
        self.outbox.push_back(id);
        true
    }

    fn next_id(&self) -> u64 {
        self.deliveries.last().map_or(12_345_678_000, |last| last.id + 13)
    }

    pub(super) fn update(&mut self, id: u64, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == id) {
            change(delivery);
        }
    }
}
