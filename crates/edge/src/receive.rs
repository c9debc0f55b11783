//! A request that has come in, with what the route found in it.

use crate::{Failure, Request, Result};
use futures::{
    StreamExt,
    future::{Either, select},
};
use nokube_domain::{
    Problem, ProblemKind,
    access::{AtGitHub, Caller, Demand, Proof, Role, decide},
    fields::Fields,
    page::Page,
    problem::Fault,
    project::Members,
    token::Secret,
};
use spin_sdk::http::body::IncomingBodyExt;
use std::{collections::BTreeMap, pin::pin};

/// The most that a JSON body may have, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// The time that a body may take, in milliseconds: a place in an instance is not held by waiting.
const BODY_TIME: u64 = 15_000;

/// A request at its route.
pub struct Call {
    pub(crate) request: Option<Request>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) path: String,
    pub(crate) path_parameters: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) demand: Demand,
    pub(crate) caller: Option<Caller>,
    pub(crate) proof: Option<Proof>,
    pub(crate) renewal: Option<Secret>,
    /// The client's address, as the host or a server in front of it tells it.
    pub address: Option<String>,
    /// Identifies the request in the log and in answers about our own faults.
    pub request_id: String,
}

impl Call {
    /// The caller; the router has identified them for every route that demands it.
    ///
    /// # Errors
    /// The route is open to anybody, so nobody was identified.
    pub fn caller(&self) -> Result<&Caller> {
        self.caller.as_ref().ok_or_else(|| {
            Problem::new(ProblemKind::Unauthenticated, "Send a bearer token.").into()
        })
    }

    /// By what the caller has proven who they are.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub fn proof(&self) -> Result<&Proof> {
        self.proof.as_ref().ok_or_else(|| {
            Problem::new(ProblemKind::Unauthenticated, "Send a bearer token.").into()
        })
    }

    /// What GitHub knows of the caller.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub fn at_github(&self) -> Result<AtGitHub> {
        Ok(self.proof()?.at_github)
    }

    /// What the browser renews its session with, for the routes that demand it.
    ///
    /// # Errors
    /// The route does not demand it.
    pub fn renewal(&self) -> Result<&Secret> {
        self.renewal.as_ref().ok_or_else(|| {
            Problem::new(ProblemKind::Unauthenticated, "You are not signed in.").into()
        })
    }

    /// Checks that the caller has the role that the route demands in the project of `members`.
    ///
    /// # Errors
    /// 404 without any role, as for something that does not exist; 403 with too small a one.
    pub fn may(&self, members: Option<&Members>, what: &str) -> Result<Role> {
        let demand = match self.demand {
            Demand::Role(role, _) => role,
            Demand::RoleOrAdministrator(_) if self.proof()?.administrator && members.is_some() => {
                return Ok(Role::Viewer);
            }
            Demand::RoleOrAdministrator(role) => role,
            _ => Role::Owner,
        };
        Ok(decide(self.caller()?, members, demand, what)?)
    }

    /// The path that was asked for.
    pub fn path_text(&self) -> &str {
        &self.path
    }

    pub fn headers(&self) -> &http::HeaderMap {
        &self.headers
    }

    /// A part of the path, read as `T`.
    ///
    /// # Errors
    /// 404: what cannot be read names nothing.
    pub fn path<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<T> {
        self.path_parameters
            .get(name)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Problem::not_found(what).into())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Does the caller ask for server-sent events?
    pub fn wants_events(&self) -> bool {
        let events = |kind: &str| kind.trim().starts_with("text/event-stream");
        self.header("accept").is_some_and(|accept| accept.split(',').any(events))
    }

    /// Does the caller want to be shown a page? Browsers that go somewhere say so.
    pub fn wants_page(&self) -> bool {
        let page = |kind: &str| kind.trim().starts_with("text/html");
        self.header("accept").is_some_and(|accept| accept.split(',').any(page))
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Refuses parameters of the query that the route does not know.
    ///
    /// # Errors
    /// Names them all.
    pub fn only_query(&self, known: &[&str]) -> Result<()> {
        let unknown = self.query.keys().filter(|name| !known.contains(&name.as_str()));
        let faults: Vec<_> = unknown
            .map(|name| Fault { field: name.clone(), detail: "is not a parameter here".into() })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults).into()) }
    }

    /// `limit` and `offset`.
    ///
    /// # Errors
    /// They are no numbers in their ranges.
    pub fn page(&self) -> Result<Page> {
        Ok(Page::parse(self.query("limit"), self.query("offset"))?)
    }

    /// The `Idempotency-Key`, if one was sent.
    ///
    /// # Errors
    /// It is not 1 to 255 visible ASCII characters.
    pub fn idempotency_key(&self) -> Result<Option<&str>> {
        let Some(value) = self.headers.get("idempotency-key") else {
            return Ok(None);
        };
        let key = value.to_str().ok().filter(|key| {
            (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
        });
        match key {
            Some(key) => Ok(Some(key)),
            None => Err(Problem::field(
                "Idempotency-Key",
                "must be 1 to 255 visible ASCII characters without blanks",
            )
            .into()),
        }
    }

    /// The fields of a JSON body, and the body itself.
    ///
    /// # Errors
    /// It is no JSON, or too long.
    pub async fn fields(&mut self) -> Result<(Fields, Vec<u8>)> {
        self.expect_json()?;
        let body = self.body(MAX_BODY, |_| {}).await?;
        Ok((Fields::from_json(&body)?, body))
    }

    /// The fields of a JSON body; `None` without a body.
    ///
    /// # Errors
    /// It is no JSON, or too long.
    pub async fn fields_if_any(&mut self) -> Result<Option<Fields>> {
        let body = self.body(MAX_BODY, |_| {}).await?;
        if body.is_empty() {
            return Ok(None);
        }
        self.expect_json()?;
        Ok(Some(Fields::from_json(&body)?))
    }

    fn expect_json(&self) -> Result<()> {
        let json = self.header("content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
        });
        if json {
            return Ok(());
        }
        Err(Failure::problem(
            ProblemKind::UnsupportedMediaType,
            "Send JSON, with 'Content-Type: application/json'.",
        ))
    }

    /// The fields of a form, as OAuth's endpoints take them, or of a JSON body.
    ///
    /// # Errors
    /// It is neither, or too long.
    pub async fn form_or_fields(&mut self) -> Result<Fields> {
        let form = self.header("content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        if !form {
            return Ok(self.fields().await?.0);
        }
        let body = self.body(MAX_BODY, |_| {}).await?;
        Ok(Fields::from_form(url::form_urlencoded::parse(&body).into_owned()))
    }

    /// Reads the body, at most `most` bytes of it, and shows every piece to `look` as it comes.
    ///
    /// # Errors
    /// 413 as soon as it is known to be longer: from its announced length, or by counting.
    pub async fn body(&mut self, most: usize, mut look: impl FnMut(&[u8])) -> Result<Vec<u8>> {
        let too_large = || {
            let most = most / 1024;
            Failure::problem(
                ProblemKind::TooLarge,
                format!("The body must have at most {most} KiB."),
            )
        };
        let announced = self.header("content-length").and_then(|text| text.parse::<usize>().ok());
        if announced.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let Some(request) = self.request.take() else { return Ok(body) };
        let mut pieces = request.into_body().stream();
        let mut late = pin!(crate::sleep(BODY_TIME));
        loop {
            let piece = match select(pieces.next(), late.as_mut()).await {
                Either::Left((Some(piece), _)) => piece,
                Either::Left((None, _)) => break,
                Either::Right(_) => {
                    return Err(Failure::problem(
                        ProblemKind::TooSlow,
                        "The body did not arrive in time. Send it again.",
                    ));
                }
            };
            let piece = piece.map_err(|_| {
                Failure::problem(ProblemKind::Malformed, "The body ended before its end.")
            })?;
            if body.len() + piece.len() > most {
                return Err(too_large());
            }
            look(&piece);
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}
