//! What the operator says about webhooks.

use nokube_domain::repository::Repository;
use nokube_edge::settings::{NotSetUp, Variables};

pub struct Settings {
    /// The present secret, and during a rotation the one before.
    pub secrets: [String; 2],
    pub builder: Repository,
    pub workflow: String,
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> Result<Self, NotSetUp> {
        let mut variables = Variables::default();
        let v = &mut variables;
        let secret =
            v.required("github_webhook_secret", "the secret of the webhook at GitHub").await;
        if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
            v.fault("github_webhook_secret", "must have at least 16 bytes");
        }
        let previous = v.optional("github_webhook_secret_previous").await.unwrap_or_default();
        let builder = v.parsed("github_builder_repository", "the builder repository").await;
        let workflow = v.required("github_builder_workflow", "the workflow's file name").await;
        let settings = match (secret, builder, workflow) {
            (Some(secret), Some(builder), Some(workflow)) => {
                Some(Self { secrets: [secret, previous], builder, workflow })
            }
            _ => None,
        };
        variables.finish(settings)
    }
}
