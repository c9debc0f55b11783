//! The settings for webhooks.

use nokube_domain::repository::Repository;
use nokube_edge::settings::{SettingsError, Variables, load_cached};
use std::rc::Rc;

pub struct Settings {
    /// The webhook secret, and during a rotation the previous one; that is empty otherwise.
    pub secrets: [String; 2],
    /// The repository whose workflow builds images.
    pub builder: Repository,
    /// The file name of that workflow.
    pub workflow: String,
}

impl Settings {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let secret =
            v.required("github_webhook_secret", "the secret of the webhook at GitHub").await;
        if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
            v.add_error("github_webhook_secret", "must have at least 16 bytes");
        }
        let previous = v.optional("github_webhook_secret_previous").await.unwrap_or_default();
        if !previous.is_empty() && previous.len() < 16 {
            v.add_error("github_webhook_secret_previous", "must have at least 16 bytes");
        }
        let builder = v.parsed("github_builder_repository", "the builder repository").await;
        let workflow = v.required("github_builder_workflow", "the workflow's file name").await;
        Some(Self { secrets: [secret?, previous], builder: builder?, workflow: workflow? })
    }
}
