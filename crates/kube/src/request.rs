//! Requests to the API server, as values. The API's origin and our token are put in where they are
//! sent.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use crate::{
    kind::Kind,
    manifest::{DEPLOYMENT_LABEL, Manifest},
    observe::Metadata,
};
use kube_core::{
    params::{
        DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions,
        PropagationPolicy, ValidationDirective,
    },
    subresource::LogParams,
};
use nokube_domain::{DeploymentId, Timestamp};
use serde_json::{Value, json};

/// Our name as a field manager: what we applied is ours.
pub const MANAGER: &str = "nokube";

pub type Request = http::Request<Vec<u8>>;

/// Whether what is asked for happens, or is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Real,
    DryRun,
}

/// kube-core fails where a header or a path cannot be; ours always can.
fn built<E>(request: Result<Request, E>) -> Request {
    request.unwrap_or_else(|_| nowhere())
}

/// What cannot be asked for is asked for where no API server has anything, and so is refused. (The
/// root would be answered, as if all were well.)
fn nowhere() -> Request {
    let mut request = Request::default();
    *request.uri_mut() = http::Uri::from_static("/nowhere");
    request
}

/// A request about one object. kube-core puts names into paths as they are, so one that would lead
/// elsewhere is stopped here.
fn named<E>(
    kind: Kind,
    namespace: &str,
    name: &str,
    make: impl FnOnce(kube_core::Request) -> Result<Request, E>,
) -> Request {
    // DNS names (RFC 1123), of which every name here is made. Some kinds stand in no namespace.
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    };
    if is_name(name) && (namespace.is_empty() || is_name(namespace)) {
        built(make(kind.at(namespace)))
    } else {
        nowhere()
    }
}

pub fn get(kind: Kind, namespace: &str, name: &str) -> Request {
    named(kind, namespace, name, |at| at.get(name, &GetParams::default()))
}

/// Applies an object with force: in a project's namespace the platform decides. A namespace is never
/// forced: there another's fields are a sign that it is another's.
pub fn apply(namespace: &str, manifest: &Manifest, mode: Mode) -> Request {
    let params = PatchParams {
        dry_run: mode == Mode::DryRun,
        force: manifest.kind != Kind::Namespace,
        field_manager: Some(MANAGER.into()),
        field_validation: Some(ValidationDirective::Strict),
    };
    let patch = Patch::Apply(&manifest.body);
    let name = &manifest.name;
    named(manifest.kind, namespace, name, |at| at.patch(name, &params, &patch))
}

/// As [`apply`], only if the object is still as it was when it was read.
pub fn apply_if_unchanged(namespace: &str, manifest: &Manifest, version: Option<&str>) -> Request {
    let mut manifest = manifest.clone();
    let metadata = manifest.body.pointer_mut("/metadata").and_then(Value::as_object_mut);
    if let (Some(metadata), Some(version)) = (metadata, version) {
        metadata.insert("resourceVersion".into(), version.into());
    }
    apply(namespace, &manifest, Mode::Real)
}

/// Sets a Deployment's number of pods under another name than ours: when an autoscaler takes over, we
/// set it no more, and without another who has set it, it would fall to one until the autoscaler acts.
///
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership>
pub fn hand_over_replicas(namespace: &str, name: &str, replicas: u32) -> Request {
    let body = json!({
        "apiVersion": Kind::Deployment.api_version(),
        "kind": Kind::Deployment.name(),
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "replicas": replicas },
    });
    let params = PatchParams {
        dry_run: false,
        force: true,
        field_manager: Some(format!("{MANAGER}-replicas")),
        field_validation: Some(ValidationDirective::Strict),
    };
    let patch = Patch::Apply(&body);
    named(Kind::Deployment, namespace, name, |at| at.patch(name, &params, &patch))
}

/// Deletes this very object as it was seen: applied again since, it is another's wish. A Deployment
/// goes after its pods; what has none goes at once.
pub fn delete(kind: Kind, namespace: &str, seen: &Metadata) -> Request {
    let policy = match kind {
        Kind::Deployment => PropagationPolicy::Foreground,
        _ => PropagationPolicy::Background,
    };
    let params = DeleteParams {
        propagation_policy: Some(policy),
        preconditions: Some(Preconditions {
            uid: Some(seen.uid.clone()),
            resource_version: Some(seen.resource_version.clone()),
        }),
        ..DeleteParams::default()
    };
    named(kind, namespace, &seen.name, |at| at.delete(&seen.name, &params))
}

/// The objects of a kind that carry a label with this value; all without one.
pub fn list(kind: Kind, namespace: &str, label: Option<(&str, &str)>) -> Request {
    let params = ListParams {
        label_selector: label.map(|(name, value)| format!("{name}={value}")),
        ..ListParams::default()
    };
    built(kind.at(namespace).list(&params))
}

/// The metadata alone of the objects of a kind, of a deployment or of all: what they hold may be much,
/// and the values of secrets are nothing to look at.
///
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>
pub fn list_metadata(kind: Kind, namespace: &str, id: Option<DeploymentId>) -> Request {
    let params = ListParams {
        label_selector: id.map(|id| format!("{DEPLOYMENT_LABEL}={id}")),
        ..ListParams::default()
    };
    built(kind.at(namespace).list_metadata(&params))
}

/// The most events that are looked at.
const EVENTS: u32 = 500;

/// The events of a namespace; about one object when its uid is given.
pub fn events(namespace: &str, uid: Option<&str>) -> Request {
    let params = ListParams {
        field_selector: uid.map(|uid| format!("involvedObject.uid={uid}")),
        limit: Some(EVENTS),
        ..ListParams::default()
    };
    built(Kind::Event.at(namespace).list(&params))
}

/// What of a pod's log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    pub follow: bool,
    /// Of the container before its last restart.
    pub previous: bool,
    pub tail: Option<u32>,
    pub since_seconds: Option<u32>,
    /// Instead: from this second on.
    pub since: Option<Timestamp>,
    pub timestamps: bool,
    pub limit_bytes: Option<u32>,
}

pub fn log(namespace: &str, pod: &str, log: &Log) -> Request {
    let params = LogParams {
        container: Some(crate::manifest::CONTAINER.into()),
        follow: log.follow,
        previous: log.previous,
        tail_lines: log.tail.map(Into::into),
        since_seconds: log.since_seconds.filter(|_| log.since.is_none()).map(Into::into),
        since_time: log.since.map(nokube_domain::whole_seconds),
        timestamps: log.timestamps,
        limit_bytes: log.limit_bytes.map(Into::into),
        ..LogParams::default()
    };
    named(Kind::Pod, namespace, pod, |at| at.logs(pod, &params))
}

/// A right that the platform needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    pub verb: &'static str,
    pub kind: Kind,
    pub subresource: &'static str,
}

impl Right {
    /// What it is about, as it is written in a role: `deployments.apps`, `pods/log`.
    pub fn of(&self) -> String {
        let mut title = self.kind.plural().to_owned();
        if !self.kind.group().is_empty() {
            title = format!("{title}.{}", self.kind.group());
        }
        if !self.subresource.is_empty() {
            title = format!("{title}/{}", self.subresource);
        }
        title
    }
}

/// Asks whether we have a right, in `namespace` where the kind has one.
/// <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access>
pub fn access_review(right: &Right, namespace: &str) -> Request {
    let namespace = if right.kind == Kind::Namespace { "" } else { namespace };
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": right.verb,
            "group": right.kind.group(),
            "resource": right.kind.plural(),
            "subresource": right.subresource,
            "namespace": namespace,
        }},
    });
    post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review)
}

/// Asks who we are.
pub fn self_review() -> Request {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
    });
    post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &review)
}

fn post(path: &str, body: &Value) -> Request {
    let body = body.to_string().into_bytes();
    built(kube_core::Request::new(path).create(&PostParams::default(), body))
}
