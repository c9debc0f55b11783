//! A GitHub client that authenticates as the platform's App.

use super::{settings::OperatorSettings, with_causes};
use jiff::Timestamp;
use nokube_domain::repository::Repository;
use nokube_github::{Api, Request, Response, app::App, error, responses::parse};
use serde::de::DeserializeOwned;

/// Why a request to GitHub failed.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    #[error("GitHub does not respond: {0}")]
    NoResponse(String),
    #[error("GitHub rejects the request ({0}: {1})")]
    Rejected(http::StatusCode, String),
    #[error("{0}")]
    Invalid(String),
}

impl From<reqwest::Error> for GitHubError {
    fn from(error: reqwest::Error) -> Self {
        Self::NoResponse(with_causes(&error))
    }
}

impl GitHubError {
    fn invalid(error: impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }
}

type Result<T> = std::result::Result<T, GitHubError>;

pub struct AppClient<'a> {
    client: &'a reqwest::Client,
    pub api: Api,
    app: App,
}

impl<'a> AppClient<'a> {
    /// # Errors
    /// A setting is invalid.
    pub fn new(client: &'a reqwest::Client, settings: &OperatorSettings) -> Result<Self> {
        let invalid = |name: &str, must_be: &str| {
            let value = settings.get(name);
            GitHubError::Invalid(format!("{name} '{value}' is not {must_be}"))
        };
        let name = "github_builder_repository";
        let builder = settings.get(name).parse::<Repository>();
        let builder = builder.map_err(|_| invalid(name, "OWNER/NAME"))?;
        let name = "github_api_url";
        let origin = settings.get(name).parse().map_err(|_| invalid(name, "an origin"))?;
        let workflow = settings.get("github_builder_workflow").to_owned();
        let branch = settings.get("github_builder_ref").to_owned();
        let api = Api::new(&origin, settings.get("github_api_path"), builder, workflow, branch);
        let id = settings.get("github_app_client_id");
        let app = App::new(id, settings.get("github_app_private_key"))
            .map_err(|error| GitHubError::Invalid(format!("github_app_private_key {error}")))?;
        Ok(Self { client, api, app })
    }

    /// # Errors
    /// There is no response.
    pub async fn send(&self, request: impl FnOnce(&Api, &str) -> Request) -> Result<Response> {
        let token = self.app.token(Timestamp::now().as_second());
        let token = token.map_err(GitHubError::invalid)?;
        let request = request(&self.api, &token).try_into()?;
        let response = self.client.execute(request).await?;
        let builder = http::Response::builder().status(response.status());
        builder.body(response.bytes().await?.into()).map_err(GitHubError::invalid)
    }

    /// Sends a request. An error response is [`GitHubError::Rejected`].
    ///
    /// # Errors
    /// There is no response, or it is an error.
    pub async fn send_checked(
        &self,
        request: impl FnOnce(&Api, &str) -> Request,
    ) -> Result<Response> {
        let response = self.send(request).await?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(GitHubError::Rejected(response.status(), error::message(&response))),
        }
    }

    /// Sends a request and reads the response.
    ///
    /// # Errors
    /// There is no response, or it is an error or not of the expected shape.
    pub async fn fetch<T: DeserializeOwned>(
        &self,
        request: impl FnOnce(&Api, &str) -> Request,
    ) -> Result<T> {
        parse(&self.send_checked(request).await?).map_err(GitHubError::invalid)
    }
}
