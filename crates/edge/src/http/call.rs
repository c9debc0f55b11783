//! The request that a handler gets, with the route's path parameters and the authenticated caller.

use crate::error::{Error, Result};
use http::request::Parts;
use nokube_domain::{
    Problem, ProblemKind,
    access::{AccessPolicy, Caller, Credential, GitHubIdentity, Role, authorize_role},
    audit::parse_client_address,
    page::Page,
    problem::FieldError,
    projects::Members,
    token::OpaqueToken,
};
use std::{collections::BTreeMap, rc::Rc};

/// Who calls, as far as the route's access policy asks.
pub(super) enum Access {
    /// The route authenticates nobody.
    Anonymous,
    Caller(Caller, Credential),
    /// Whoever has this token, from the cookie that renews sessions.
    SessionRenewal(OpaqueToken),
}

/// A call of a route.
pub struct Call {
    /// Taken when it is read.
    pub(super) body: Option<super::BoxBody>,
    pub(super) request: Rc<Parts>,
    pub(super) path_parameters: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) access_policy: AccessPolicy,
    pub(super) access: Access,
    /// The header in which a proxy in front of the platform reports the client's address; `None` without one.
    pub(super) client_address_header: Option<String>,
    /// Identifies the request in the log and in responses about internal errors.
    pub request_id: String,
}

impl Call {
    /// The authenticated caller.
    ///
    /// # Errors
    /// 401 on a route whose policy does not authenticate callers.
    pub fn caller(&self) -> Result<&Caller> {
        Ok(self.authenticated()?.0)
    }

    /// The credential that the caller sent.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub fn credential(&self) -> Result<&Credential> {
        Ok(self.authenticated()?.1)
    }

    fn authenticated(&self) -> Result<(&Caller, &Credential)> {
        match &self.access {
            Access::Caller(caller, credential) => Ok((caller, credential)),
            _ => Err(Error::problem(ProblemKind::Unauthenticated, "Send a bearer token.")),
        }
    }

    /// Who the caller is at GitHub.
    ///
    /// # Errors
    /// As [`Self::caller`].
    pub fn github_identity(&self) -> Result<GitHubIdentity> {
        Ok(self.credential()?.github_identity)
    }

    /// The token from the cookie that renews sessions.
    ///
    /// # Errors
    /// 401 on a route whose policy is not [`AccessPolicy::SessionRenewal`].
    pub fn refresh_token(&self) -> Result<&OpaqueToken> {
        match &self.access {
            Access::SessionRenewal(token) => Ok(token),
            _ => Err(Error::problem(ProblemKind::Unauthenticated, "You are not signed in.")),
        }
    }

    /// Checks that the caller has the role that the route requires in the project of `members`, which are
    /// `None` for a project that does not exist. Returns the caller's role.
    ///
    /// # Errors
    /// 404 without any role, as for a project that does not exist; 403 with too small a role.
    pub fn require_role(&self, members: Option<&Members>, what: &str) -> Result<Role> {
        let required = match self.access_policy {
            AccessPolicy::Role(role, _) => role,
            AccessPolicy::RoleOrAdministrator(_)
                if self.credential()?.is_administrator && members.is_some() =>
            {
                return Ok(Role::Viewer);
            }
            AccessPolicy::RoleOrAdministrator(role) => role,
            _ => Role::Owner,
        };
        Ok(authorize_role(self.caller()?, members, required, what)?)
    }

    /// The path of the request.
    pub fn path(&self) -> &str {
        self.request.uri.path()
    }

    /// A parameter of the path, parsed.
    ///
    /// # Errors
    /// 404 if it does not parse: then it names nothing.
    pub fn path_parameter<T: std::str::FromStr>(&self, name: &str, what: &str) -> Result<T> {
        self.path_parameters
            .get(name)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Problem::not_found(what).into())
    }

    pub fn headers(&self) -> &http::HeaderMap {
        &self.request.headers
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The client's address, as reported by the host or by a proxy in front of the platform; for rate limits and the
    /// audit log. It proves nothing.
    ///
    /// Of several values the last is used: a client can only send earlier ones.
    pub fn client_address(&self) -> Option<String> {
        let header = self.client_address_header.as_deref().unwrap_or("spin-client-addr");
        let last = self.headers().get_all(header).iter().next_back()?;
        parse_client_address(last.to_str().ok()?)
    }

    /// The client's address and the header in which a proxy in front of the platform has reported it.
    pub(crate) fn address_from_proxy(&self) -> Option<(&str, String)> {
        self.client_address_header.as_deref().zip(self.client_address())
    }

    /// Whether the client accepts server-sent events.
    pub fn accepts_event_stream(&self) -> bool {
        self.accepts("text/event-stream")
    }

    /// Whether the client accepts HTML. Browsers do when they navigate.
    pub fn accepts_html(&self) -> bool {
        self.accepts("text/html")
    }

    fn accepts(&self, media_type: &str) -> bool {
        let accept = self.header("accept").unwrap_or_default();
        accept.split(',').any(|accepted| accepted.trim().starts_with(media_type))
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A parameter of the query that is `true` or `false`; `false` if it is absent.
    ///
    /// # Errors
    /// It has another value.
    pub fn query_flag(&self, name: &str) -> std::result::Result<bool, FieldError> {
        match self.query(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => {
                Err(FieldError { field: name.into(), detail: "must be true or false".into() })
            }
        }
    }

    /// Rejects parameters of the query that the route does not have.
    ///
    /// # Errors
    /// 422 with all of them.
    pub fn allow_query_parameters(&self, allowed: &[&str]) -> Result<()> {
        let unknown = self.query.keys().filter(|name| !allowed.contains(&name.as_str()));
        let errors: Vec<_> =
            unknown.map(|name| FieldError::new(name, "is not a parameter here")).collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors).into()) }
    }

    /// The parameters `limit` and `offset`.
    ///
    /// # Errors
    /// 422 if they are not numbers in their ranges.
    pub fn page(&self) -> Result<Page> {
        Ok(Page::parse(self.query("limit"), self.query("offset"))?)
    }

    /// The `Idempotency-Key` header, if present.
    ///
    /// # Errors
    /// 422 if it is not 1 to 255 visible ASCII characters.
    pub fn idempotency_key(&self) -> Result<Option<&str>> {
        let Some(value) = self.headers().get("idempotency-key") else {
            return Ok(None);
        };
        let key = value.to_str().ok().filter(|key| {
            (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
        });
        match key {
            Some(key) => Ok(Some(key)),
            None => Err(Problem::invalid_field(
                "Idempotency-Key",
                "must be 1 to 255 visible ASCII characters without blanks",
            )
            .into()),
        }
    }
}
