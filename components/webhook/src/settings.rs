//! What the operator says about webhooks.

use nokube_domain::repository::Repository;
use nokube_edge::settings::{Kept, NotSetUp, Variables, once};
use std::rc::Rc;

pub struct Settings {
    /// The present secret, and during a rotation the one before.
    pub secrets: [String; 2],
    pub builder: Repository,
    pub workflow: String,
}

thread_local! {
    static SETTINGS: Kept<Settings> = const { Kept::new() };
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> Result<Rc<Self>, NotSetUp> {
        once(&SETTINGS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let secret =
            v.required("github_webhook_secret", "the secret of the webhook at GitHub").await;
        if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
            v.fault("github_webhook_secret", "must have at least 16 bytes");
        }
        let previous = v.optional("github_webhook_secret_previous").await.unwrap_or_default();
        if !previous.is_empty() && previous.len() < 16 {
            v.fault("github_webhook_secret_previous", "must have at least 16 bytes");
        }
        let builder = v.parsed("github_builder_repository", "the builder repository").await;
        let workflow = v.required("github_builder_workflow", "the workflow's file name").await;
        Some(Self { secrets: [secret?, previous], builder: builder?, workflow: workflow? })
    }
}
