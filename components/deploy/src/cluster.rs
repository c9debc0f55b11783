//! Sends requests to the API server: with our token, with patience, with time-outs.

use crate::settings::Settings;
use http::HeaderValue;
use nokube_domain::{Problem, ProblemKind};
use nokube_edge::{
    Failure, Response, Result,
    outbound::{self, NoAnswer, Timeouts},
    sleep, warn,
};
use nokube_kube::{
    Platform,
    refusal::Refusal,
    request::{Log, Request, log},
};
use serde::de::DeserializeOwned;
use std::{rc::Rc, time::Duration};

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    idle: Duration::from_secs(8),
    total: Duration::from_secs(10),
};
/// A log that is followed may be silent for long.
const FOLLOWED: Timeouts = Timeouts { idle: Duration::from_secs(60), ..TIMEOUTS };

/// How often a request is sent in all. Each of ours may be repeated: it reads, applies, or deletes
/// one very object.
const TRIES: u32 = 3;
/// The first wait between two tries in milliseconds, and the longest.
const FIRST_WAIT: u64 = 200;
const LONGEST_WAIT: u64 = 2_000;

/// Why something did not happen in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Away(NoAnswer),
    Refused(Refusal),
}

impl Trouble {
    /// What it answered is not what we asked for.
    pub fn unreadable() -> Self {
        Self::Away(NoAnswer("its answer cannot be read".into()))
    }

    /// For people, in a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Away(_) => "The cluster does not answer.".into(),
            Self::Refused(refusal) => refusal.sentence(),
        }
    }

    /// May the same go well a little later?
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::Away(_)
                | Self::Refused(
                    Refusal::Busy(_) | Refusal::Terminating | Refusal::Leaving | Refusal::Changed
                )
        )
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let sentence = trouble.sentence();
        match trouble {
            Trouble::Away(_) => {
                let detail = format!("{sentence} Try again in a moment.");
                Problem::new(ProblemKind::UpstreamUnavailable, detail).retry_after(5).into()
            }
            Trouble::Refused(Refusal::Busy(wait)) => {
                Problem::new(ProblemKind::UpstreamUnavailable, sentence).retry_after(wait).into()
            }
            Trouble::Refused(Refusal::Terminating | Refusal::Leaving | Refusal::Changed) => {
                Problem::new(ProblemKind::Conflict, sentence).retry_after(10).into()
            }
            Trouble::Refused(_) => Self::problem(ProblemKind::UpstreamRefused, sentence),
        }
    }
}

pub type Answer = http::Response<Vec<u8>>;

pub struct Cluster {
    pub settings: Rc<Settings>,
}

impl Cluster {
    /// # Errors
    /// The settings are not complete.
    pub async fn new() -> Result<Self> {
        Ok(Self { settings: Settings::read().await? })
    }

    pub fn platform(&self) -> &Platform {
        &self.settings.platform
    }

    /// Sends a request, again where that may help, and returns the answer of a success.
    pub async fn send(&self, request: &Request) -> std::result::Result<Answer, Trouble> {
        let mut wait = FIRST_WAIT;
        let mut tries = TRIES;
        loop {
            let trouble = match outbound::send(self.signed(request), TIMEOUTS).await {
                Ok(answer) => match Refusal::of(&answer) {
                    None => return Ok(answer),
                    Some(Refusal::Busy(seconds)) => {
                        wait = wait.max(u64::from(seconds) * 1_000);
                        Trouble::Refused(Refusal::Busy(seconds))
                    }
                    Some(refusal) => {
                        if let Refusal::NoRight(what) = &refusal {
                            // Whose account lacks which right is the administrator's to know.
                            warn(format_args!("a right is missing in the cluster: {what}"));
                        }
                        return Err(Trouble::Refused(refusal));
                    }
                },
                Err(error) => {
                    warn(format_args!("the API server does not answer: {}", error.0));
                    Trouble::Away(error)
                }
            };
            tries -= 1;
            if tries == 0 || wait > LONGEST_WAIT {
                return Err(trouble);
            }
            sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// Reads an object or a list; `None` where there is none, or not even its kind.
    pub async fn read<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> std::result::Result<Option<T>, Trouble> {
        match self.send(request).await {
            Ok(answer) => match serde_json::from_slice(answer.body()) {
                Ok(value) => Ok(Some(value)),
                Err(error) => {
                    let path = request.uri().path();
                    warn(format_args!("the API server's answer to {path} cannot be read: {error}"));
                    Err(Trouble::unreadable())
                }
            },
            Err(Trouble::Refused(Refusal::NotFound)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Opens a pod's log and returns the answer as it begins.
    pub async fn open_log(
        &self,
        namespace: &str,
        pod: &str,
        wanted: &Log,
    ) -> std::result::Result<Response, Trouble> {
        let timeouts = if wanted.follow { FOLLOWED } else { TIMEOUTS };
        let request = self.signed(&log(namespace, pod, wanted));
        let answer = outbound::open(request, timeouts).await.map_err(Trouble::Away)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let refusal = match answer.status().as_u16() {
            404 => Refusal::NotFound,
            // The container has not begun, or there is none from before.
            400 => Refusal::Fault { field: None, detail: "There is no log of it yet.".into() },
            401 => Refusal::Unauthenticated,
            403 => Refusal::NoRight("it may not read the logs of pods".into()),
            _ => Refusal::Busy(2),
        };
        Err(Trouble::Refused(refusal))
    }

    /// The request as it is sent: to the API's origin, with our token.
    fn signed(&self, request: &Request) -> Request {
        let mut signed = request.clone();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let origin = self.settings.api.as_str().trim_end_matches('/');
        if let Ok(uri) = format!("{origin}{path}").parse() {
            *signed.uri_mut() = uri;
        }
        if let Ok(mut token) = HeaderValue::from_str(&format!("Bearer {}", self.settings.token)) {
            token.set_sensitive(true);
            signed.headers_mut().insert(http::header::AUTHORIZATION, token);
        }
        let json = HeaderValue::from_static("application/json");
        signed.headers_mut().entry(http::header::ACCEPT).or_insert(json);
        signed
    }
}
