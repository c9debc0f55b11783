//! Authenticates requests by their bearer tokens.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::state::ClusterState;

const ANONYMOUS: &str = "system:anonymous";

pub struct Caller {
    pub name: String,
    pub groups: Vec<&'static str>,
    /// Administrators may do everything that is not denied; others only what RBAC allows.
    pub is_admin: bool,
}

impl Caller {
    pub fn is_anonymous(&self) -> bool {
        self.name == ANONYMOUS
    }

    /// The response to a SelfSubjectReview.
    pub fn self_subject_review(&self) -> Value {
        json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
            "metadata": {"creationTimestamp": null},
            "status": {"userInfo": {"username": self.name, "groups": self.groups}},
        })
    }
}

impl ClusterState {
    /// A request without a token is anonymous and may do nothing; an unknown token is an error.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let token = given.and_then(|given| given.split_once(' ')).map(|(_, token)| token.trim());
        let caller = |name: &str, is_admin, group| Caller {
            name: name.to_owned(),
            groups: vec![group],
            is_admin,
        };
        if let Some(name) = token.and_then(|token| self.rbac_users.get(token)) {
            return Ok(caller(name, false, "system:authenticated"));
        }
        match (&self.token, token) {
            (None, _) => Ok(caller(&self.user, true, "system:authenticated")),
            (Some(expected), Some(token)) if expected == token => {
                Ok(caller(&self.user, true, "system:authenticated"))
            }
            (Some(_), None) if given.is_none() => {
                Ok(caller(ANONYMOUS, false, "system:unauthenticated"))
            }
            _ => Err(ApiError::unauthorized()),
        }
    }
}
