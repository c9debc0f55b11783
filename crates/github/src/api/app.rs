//! The App, its webhook, and its installations.

use super::{Api, RepositoryPath, TokenScope};
use crate::Request;
use http::Method;
use serde_json::{Value, json};

impl Api {
    /// The App itself; needs the App's own token.
    pub fn app(&self, app_token: &str) -> Request {
        self.get("/app", app_token)
    }

    /// The configuration of the App's webhook.
    pub fn webhook_config(&self, app_token: &str) -> Request {
        self.get("/app/hook/config", app_token)
    }

    /// The newest 100 deliveries of the App's webhook.
    pub fn deliveries(&self, app_token: &str) -> Request {
        self.get("/app/hook/deliveries?per_page=100", app_token)
    }

    /// The newest 100 deliveries of the App's webhook that failed.
    pub fn failed_deliveries(&self, app_token: &str) -> Request {
        self.get("/app/hook/deliveries?per_page=100&status=failure", app_token)
    }

    /// Repeats a delivery of the App's webhook.
    pub fn redeliver(&self, delivery: u64, app_token: &str) -> Request {
        let path = format!("/app/hook/deliveries/{delivery}/attempts");
        self.request(Method::POST, &path, app_token, None)
    }

    /// The App's installation on a repository; needs the App's own token.
    pub fn installation(&self, at: impl Into<RepositoryPath>, app_token: &str) -> Request {
        self.get(&format!("{}/installation", at.into()), app_token)
    }

    /// The first `count` installations of the App, at most 100; needs the App's own token.
    pub fn installations(&self, count: u32, app_token: &str) -> Request {
        self.get(&format!("/app/installations?per_page={count}"), app_token)
    }

    /// A page of 100 repositories of the installation that issued the token.
    pub fn installation_repositories(&self, page: u32, token: &str) -> Request {
        self.get(&format!("/installation/repositories?per_page=100&page={page}"), token)
    }

    /// Creates a token with `permissions` only.
    pub fn installation_token(
        &self,
        installation: u64,
        repository: TokenScope<'_>,
        permissions: &Value,
        app_token: &str,
    ) -> Request {
        let path = format!("/app/installations/{installation}/access_tokens");
        let body = match repository {
            TokenScope::All => json!({ "permissions": permissions }),
            TokenScope::Name(name) => json!({ "repositories": [name], "permissions": permissions }),
            TokenScope::Id(id) => json!({ "repository_ids": [id], "permissions": permissions }),
        };
        self.request(Method::POST, &path, app_token, Some(body))
    }
}
