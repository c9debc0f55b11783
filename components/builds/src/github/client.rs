//! Sends requests to GitHub: with a token, with patience, with time-outs.

use crate::settings::{Credentials, Settings};
use http::StatusCode;
use nokube_domain::{Problem, ProblemKind, repository::Repository};
use nokube_edge::{
    Failure, Result, now,
    outbound::{self, NoAnswer, Timeouts},
    sleep, warn,
};
use nokube_github::{
    Request, Response, answer,
    retry::{self, Next},
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    idle: Duration::from_secs(8),
    total: Duration::from_secs(10),
};

/// Seconds before its end that a token is not used any more.
const MARGIN: i64 = 120;

/// What a token is for. It holds no more rights than that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Run workflows in the builder repository.
    Builder,
    /// Read a source repository.
    Source,
}

impl Access {
    fn permissions(self) -> Value {
        match self {
            Self::Builder => json!({ "actions": "write", "metadata": "read" }),
            Self::Source => json!({ "contents": "read", "metadata": "read" }),
        }
    }
}

thread_local! {
    /// The platform's own tokens by repository and use, with their ends. They live in memory only,
    /// and are the same for every caller.
    static TOKENS: RefCell<BTreeMap<(String, Access), (String, i64)>> =
        const { RefCell::new(BTreeMap::new()) };
}

pub struct GitHub {
    pub settings: Rc<Settings>,
}

impl GitHub {
    /// # Errors
    /// The settings are not complete.
    pub async fn new() -> Result<Self> {
        Ok(Self { settings: Settings::read().await? })
    }

    /// Sends a request, again if GitHub asks for that, and returns the answer of whatever status.
    ///
    /// # Errors
    /// [`NoAnswer`] when none came.
    pub async fn send(
        &self,
        make: impl Fn() -> Request,
    ) -> std::result::Result<Response, NoAnswer> {
        let patience = self.settings.patience;
        let mut tried = 0;
        loop {
            tried += 1;
            let request = make();
            let method = request.method().clone();
            let wait = match outbound::send(request, TIMEOUTS).await {
                Ok(answer) => {
                    let (status, headers) = (answer.status(), answer.headers());
                    match retry::next(&method, status, headers, tried, patience, now().as_second())
                    {
                        Next::Again(wait) => wait,
                        Next::Take | Next::Later(_) => return Ok(answer),
                    }
                }
                Err(error) => match retry::next_without_answer(&method, tried, patience) {
                    Some(wait) => wait,
                    None => return Err(error),
                },
            };
            sleep(wait).await;
        }
    }

    /// Sends a request with a token for `repository`; a token that GitHub does not accept any more
    /// is replaced once.
    ///
    /// # Errors
    /// There is no token to be had, or no answer.
    pub async fn call(
        &self,
        repository: &Repository,
        access: Access,
        make: impl Fn(&str) -> Request,
    ) -> Result<Response> {
        let token = self.token(repository, access).await?;
        let answer = self.send(|| make(&token)).await.map_err(|error| error.of("GitHub"))?;
        let app = matches!(self.settings.credentials, Credentials::App(_));
        if answer.status() != StatusCode::UNAUTHORIZED || !app {
            return Ok(answer);
        }
        TOKENS.with(|tokens| tokens.borrow_mut().remove(&(repository.to_string(), access)));
        let token = self.token(repository, access).await?;
        self.send(|| make(&token)).await.map_err(|error| error.of("GitHub"))
    }

    /// Sends a request about the builder repository.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn builder(&self, make: impl Fn(&str) -> Request) -> Result<Response> {
        self.call(&self.settings.api.builder, Access::Builder, make).await
    }

    /// Gets a token for the builder repository, to be used by what is asked next.
    ///
    /// # Errors
    /// There is none to be had.
    pub async fn builder_token(&self) -> Result<()> {
        self.token(&self.settings.api.builder, Access::Builder).await.map(drop)
    }

    async fn token(&self, repository: &Repository, access: Access) -> Result<String> {
        let app = match &self.settings.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::App(app) => app,
        };
        let name = (repository.to_string(), access);
        let fresh = |(token, end): &(String, i64)| {
            (*end - MARGIN > now().as_second()).then(|| token.clone())
        };
        if let Some(token) = TOKENS.with(|tokens| tokens.borrow().get(&name).and_then(fresh)) {
            return Ok(token);
        }
        let own = app.token(now().as_second());
        let own = own.map_err(|error| Failure::internal("sign the App's token", error))?;
        let api = &self.settings.api;
        let found = self.send(|| api.installation(repository, &own)).await;
        let found = found.map_err(|error| error.of("GitHub"))?;
        match found.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(not_installed(repository).into()),
            _ => return Err(refused(&found)),
        }
        let installation = answer::installation(&found);
        let installation =
            installation.map_err(|error| Failure::internal("the App's installation", error))?;
        let permissions = access.permissions();
        let made = self
            .send(|| api.installation_token(installation, repository, &permissions, &own))
            .await
            .map_err(|error| error.of("GitHub"))?;
        if !made.status().is_success() {
            return Err(refused(&made));
        }
        let (token, end) = answer::token(&made)
            .map_err(|error| Failure::internal("the installation's token", error))?;
        TOKENS.with(|tokens| {
            let mut tokens = tokens.borrow_mut();
            tokens.retain(|_, (_, end)| *end > now().as_second());
            tokens.insert(name, (token.clone(), end.as_second()));
        });
        Ok(token)
    }
}

/// The App is not installed on a repository; for a source repository that is the user's to mend.
pub fn not_installed(repository: &Repository) -> Problem {
    Problem::new(
        ProblemKind::UpstreamRefused,
        format!("The platform's GitHub App is not installed on {repository}."),
    )
}

/// An answer that nobody but the administrator can mend.
pub fn refused(answer: &Response) -> Failure {
    let said = nokube_github::refusal::message(answer);
    let status = answer.status();
    warn(format_args!("GitHub refused: {status} {said}"));
    match status {
        StatusCode::UNAUTHORIZED => Failure::problem(
            ProblemKind::UpstreamRefused,
            "GitHub does not accept the platform's credentials. Its administrator must renew them.",
        ),
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => Failure::Problem(
            Problem::new(
                ProblemKind::UpstreamUnavailable,
                format!("GitHub does not let the platform do this now ({said})."),
            )
            .retry_after(60),
        ),
        status => Failure::Problem(
            Problem::new(
                ProblemKind::UpstreamUnavailable,
                format!("GitHub answers with an error ({status}). Try again in a moment."),
            )
            .retry_after(10),
        ),
    }
}
