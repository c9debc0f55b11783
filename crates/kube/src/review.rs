//! Reviews: requests for the platform's own user name and permissions.

use crate::{
    permissions::Permission,
    request::{Request, post},
};
use serde_json::{Value, json};

/// Asks for our own user name ([`username`]).
/// <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review>
pub fn self_subject_review() -> Request {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
    });
    post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review)
}

/// Asks whether we have a permission ([`is_allowed`]), in `namespace` if the kind is namespaced.
/// <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access>
pub fn self_subject_access_review(permission: &Permission, namespace: &str) -> Request {
    let namespace = if permission.kind.is_namespaced() { namespace } else { "" };
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

/// Our user name in a SelfSubjectReview, as role bindings need it, such as
/// `system:serviceaccount:nokube:nokube-deployer`.
pub fn username(review: &Value) -> Option<&str> {
    review.pointer("/status/userInfo/username")?.as_str()
}

/// Whether a SelfSubjectAccessReview says that we have the permission.
pub fn is_allowed(review: &Value) -> bool {
    review.pointer("/status/allowed") == Some(&Value::Bool(true))
}
