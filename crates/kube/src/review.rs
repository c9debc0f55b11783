//! Reviews: requests for the platform's own user name and permissions.

use crate::{
    kind::Kind,
    permissions::Permission,
    request::{Request, post},
};
use serde::Deserialize;
use serde_json::json;

/// Asks for our own user name; the response is a [`SelfSubjectReview`].
/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review>
pub fn self_subject_review() -> Request {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
    });
    post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review)
}

/// Asks whether we have a permission, in `namespace` if the kind is namespaced; the response is a
/// [`SelfSubjectAccessReview`].
/// <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access>
pub fn self_subject_access_review(permission: &Permission, namespace: &str) -> Request {
    let namespace = if permission.kind == Kind::Namespace { "" } else { namespace };
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": permission.verb,
            "group": permission.kind.group(),
            "resource": permission.kind.plural(),
            "subresource": permission.subresource,
            "namespace": namespace,
        }},
    });
    post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review)
}

#[derive(Clone, Debug, Deserialize)]
pub struct SelfSubjectReview {
    status: SubjectStatus,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubjectStatus {
    user_info: UserInfo,
}

#[derive(Clone, Debug, Deserialize)]
struct UserInfo {
    username: String,
}

impl SelfSubjectReview {
    /// Our user name as role bindings need it, such as `system:serviceaccount:nokube:nokube-deployer`.
    pub fn into_username(self) -> String {
        self.status.user_info.username
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct SelfSubjectAccessReview {
    status: AccessStatus,
}

#[derive(Clone, Debug, Deserialize)]
struct AccessStatus {
    #[serde(default)]
    allowed: bool,
}

impl SelfSubjectAccessReview {
    pub fn is_allowed(&self) -> bool {
        self.status.allowed
    }
}
