//! Which webhook each event of the model becomes.

use std::time::Duration;

use serde_json::Value;

use super::model::Model;
use super::model::events::{InstallationEvent, RepositoryEvent, WebhookEvent};
use super::render::{self, Links, repository_webhook, webhook};
use super::server_state::ServerState;
use super::webhooks::{Delivery, DeliveryState, HOOK_ID};

/// Without an App there is the webhook of the builder repository, with these events only.
const EVENTS_WITHOUT_APP: [&str; 3] = ["package", "workflow_job", "workflow_run"];

/// What a delivery is about.
struct Subject {
    action: Option<String>,
    run_id: Option<u64>,
    repository_id: u64,
}

impl ServerState {
    pub(super) fn enqueue(&self, model: &mut Model, event: &WebhookEvent) {
        let sent = match event {
            WebhookEvent::Repository(event) => self.repository_event(model, event),
            WebhookEvent::Installation(event) => self.installation_event(model, event),
            WebhookEvent::WorkflowRun { .. }
            | WebhookEvent::WorkflowJob { .. }
            | WebhookEvent::Package { .. } => self.run_event(model, event),
        };
        if let Some((subject, body)) = sent {
            self.deliver(event.name(), subject, &body);
        }
    }

    /// The installation that an event of this account belongs to. `None` if nobody subscribes to it.
    fn subscriber(&self, model: &mut Model, account: &str, event: &str) -> Option<Option<u64>> {
        if self.app.is_none() {
            let (owner, _) = self.options.builder();
            let is_subscribed =
                account.eq_ignore_ascii_case(owner) && EVENTS_WITHOUT_APP.contains(&event);
            return is_subscribed.then_some(None);
        }
        let installations = &mut model.installations;
        let is_subscribed = installations.version(account).events.contains(event)
            && !installations.is_suspended(account);
        is_subscribed.then(|| Some(installations.id_for_account(account)))
    }

    fn run_event(&self, model: &mut Model, event: &WebhookEvent) -> Option<(Subject, Value)> {
        let builder = model.repositories.present_name(&self.options.builder_repository).to_owned();
        let repository = model.repositories.find(&builder).ok()?;
        let installation = self.subscriber(model, &repository.owner, event.name())?;
        let links = self.webhook_links();
        let (action, body) = webhook::of_run(&links, &repository, &model.workflow, event)?;
        let run_id = event.run().map(|run| run.id);
        let subject =
            Subject { action: Some(action.to_owned()), run_id, repository_id: repository.id };
        Some((subject, webhook::with_installation(body, installation)))
    }

    fn repository_event(
        &self,
        model: &mut Model,
        event: &RepositoryEvent,
    ) -> Option<(Subject, Value)> {
        let name = WebhookEvent::Repository(Box::new(event.clone())).name();
        if !event.repository.app_installed {
            return None;
        }
        let installation = self.subscriber(model, &event.repository.owner, name)?;
        let (action, body) = repository_webhook::of_repository(&self.webhook_links(), event);
        let subject = Subject {
            action: action.map(str::to_owned),
            run_id: None,
            repository_id: event.repository.id,
        };
        Some((subject, webhook::with_installation(body, installation)))
    }

    /// Every App gets these, without a subscription.
    fn installation_event(
        &self,
        model: &mut Model,
        event: &InstallationEvent,
    ) -> Option<(Subject, Value)> {
        let app = self.options.app.as_ref()?;
        let links = self.webhook_links();
        let installations = &mut model.installations;
        let installation =
            render::app::installation(&links, &app.client_id, &event.account, installations);
        let (action, body) = repository_webhook::of_installation(&links, event, &installation);
        let subject = Subject { action: Some(action.to_owned()), run_id: None, repository_id: 0 };
        Some((subject, body))
    }

    /// Sends the `ping` event of the builder repository's webhook, if a webhook is configured.
    pub(crate) fn send_ping(&self) {
        let repository = self.model().repositories.find(&self.options.builder_repository);
        if let (Some(target), Ok(repository)) = (self.deliveries.target(), repository) {
            let body = webhook::ping(&self.webhook_links(), &repository, HOOK_ID, &target.url);
            let subject = Subject { action: None, run_id: None, repository_id: repository.id };
            self.deliver("ping", subject, &body);
        }
    }

    fn deliver(&self, event: &str, subject: Subject, body: &Value) {
        let Subject { action, run_id, repository_id } = subject;
        self.deliveries.enqueue(Delivery {
            id: 0,
            guid: String::new(),
            event: event.to_owned(),
            action,
            run_id,
            repository_id,
            state: DeliveryState::Waiting,
            status_code: None,
            duration: Duration::ZERO,
            delivered_at: None,
            redelivery: false,
            body: body.to_string().into(),
            // The webhook is the App's, or without an App the repository's.
            target: match self.app {
                Some(_) => ("integration", render::app::APP_ID),
                None => ("repository", repository_id),
            },
        });
    }

    fn webhook_links(&self) -> Links {
        Links::new(&self.origin, if self.options.ghes { "/api/v3" } else { "" })
    }
}
