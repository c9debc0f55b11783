//! The queue of deliveries to send, and the log of all deliveries.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Delivery, DeliveryState, Treatment, WebhookRule};
use crate::github::options::WebhookTarget;
use crate::hash;

pub(crate) struct DeliveryQueue {
    state: Mutex<QueueState>,
    /// Wakes the sender after a change of `pending`.
    pub(super) wake_sender: Notify,
    pub(super) is_enterprise_server: bool,
}

#[derive(Default)]
pub(super) struct QueueState {
    target: Option<WebhookTarget>,
    rules: Vec<WebhookRule>,
    deliveries: Vec<Delivery>,
    /// Ids of the deliveries to send, in this order.
    pending: VecDeque<u64>,
    is_sending: bool,
}

impl DeliveryQueue {
    pub(crate) fn new(target: Option<WebhookTarget>, is_enterprise_server: bool) -> Self {
        let state = QueueState { target, ..QueueState::default() };
        Self { state: Mutex::new(state), wake_sender: Notify::new(), is_enterprise_server }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn target(&self) -> Option<WebhookTarget> {
        self.state().target.clone()
    }

    pub(crate) fn set_target(&self, target: Option<WebhookTarget>) {
        self.state().target = target;
    }

    pub(crate) fn add_rule(&self, rule: WebhookRule) {
        self.state().rules.push(rule);
    }

    pub(crate) fn clear_rules(&self) {
        self.state().rules.clear();
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.state().deliveries.clone()
    }

    /// Whether a delivery is being sent or waits to be sent.
    pub(crate) fn is_busy(&self) -> bool {
        let state = self.state();
        state.is_sending || (state.target.is_some() && !state.pending.is_empty())
    }

    /// Records the delivery under a new id and GUID, and sends it unless a rule drops or holds it.
    pub(crate) fn enqueue(&self, delivery: Delivery) {
        let mut state = self.state();
        let rule = state.rules.iter_mut().find(|rule| rule.matches(&delivery));
        let treatment = rule.map(|rule| {
            rule.times = rule.times.map(|left| left.saturating_sub(1));
            rule.treatment
        });
        let delivery_state = match treatment {
            _ if state.target.is_none() => DeliveryState::NoTarget,
            Some(Treatment::Drop) => DeliveryState::Dropped,
            Some(Treatment::Hold) => DeliveryState::Held,
            Some(Treatment::Duplicate) | None => DeliveryState::Waiting,
        };
        let random = hash::random();
        let part = |from: usize, to: usize| random.get(from..to).unwrap_or_default().to_owned();
        let guid = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        let id = state.add(Delivery { guid, state: delivery_state, ..delivery });
        if treatment == Some(Treatment::Duplicate) {
            state.redeliver(id);
        }
        drop(state);
        self.wake_sender.notify_one();
    }

    /// Sends held deliveries: those with these ids in the given order, or all of them, oldest first.
    pub(crate) fn release(&self, ids: Option<Vec<u64>>) {
        let mut state = self.state();
        let is_held = |delivery: &&Delivery| delivery.state == DeliveryState::Held;
        let held: Vec<u64> = state.deliveries.iter().filter(is_held).map(|held| held.id).collect();
        let ids = ids.unwrap_or_else(|| held.clone());
        for id in ids.into_iter().filter(|id| held.contains(id)) {
            state.update(id, |delivery| delivery.state = DeliveryState::Waiting);
            state.pending.push_back(id);
        }
        drop(state);
        self.wake_sender.notify_one();
    }

    /// Sends a delivery again under the same GUID. Returns false if there is no such delivery.
    pub(crate) fn redeliver(&self, id: u64) -> bool {
        let exists = self.state().redeliver(id);
        self.wake_sender.notify_one();
        exists
    }

    /// Takes the next delivery to send. None if there is none or no target.
    pub(super) fn next(&self) -> Option<(WebhookTarget, Delivery)> {
        let mut state = self.state();
        state.is_sending = false;
        let target = state.target.clone()?;
        let id = state.pending.pop_front()?;
        state.is_sending = true;
        let delivery = state.deliveries.iter().find(|delivery| delivery.id == id)?;
        Some((target, delivery.clone()))
    }
}

impl QueueState {
    /// Returns the id of the delivery.
    fn add(&mut self, delivery: Delivery) -> u64 {
        let id = self.deliveries.last().map_or(12_345_678_000, |last| last.id + 13);
        if delivery.state == DeliveryState::Waiting {
            self.pending.push_back(id);
        }
        self.deliveries.push(Delivery { id, ..delivery });
        id
    }

    fn redeliver(&mut self, id: u64) -> bool {
        let found = self.deliveries.iter().find(|delivery| delivery.id == id).cloned();
        let Some(original) = found else { return false };
        self.add(Delivery {
            state: DeliveryState::Waiting,
            redelivery: true,
            status_code: None,
            delivered_at: None,
            ..original
        });
        true
    }

    pub(super) fn update(&mut self, id: u64, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == id) {
            change(delivery);
        }
    }
}
