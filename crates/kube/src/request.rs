//! Requests to the API server, as values. The sender adds the origin of the API and the token.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use crate::{
    kind::Kind,
    labels::{CONTAINER_NAME, DEPLOYMENT_LABEL, FIELD_MANAGER},
    manifest::Manifest,
    observe::Metadata,
};
use kube_core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions,
    PropagationPolicy, ValidationDirective,
};
pub use kube_core::subresource::LogParams;
use nokube_domain::DeploymentId;
use serde_json::{Value, json};

pub type Request = http::Request<Vec<u8>>;

/// Whether an applied object is persisted, or only admitted and validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMode {
    Persist,
    DryRun,
}

/// kube-core returns an error for invalid URIs and headers. Ours are valid, so that does not happen.
fn build<E>(request: Result<Request, E>) -> Request {
    request.unwrap_or_else(|_| not_found())
}

/// Stands for a request that cannot be built: every API server responds with 404.
/// (A default request would be a `GET /`, which succeeds.)
fn not_found() -> Request {
    let mut request = Request::default();
    *request.uri_mut() = http::Uri::from_static("/nowhere");
    request
}

/// A request about one object. kube-core does not escape names in paths, so a name that could lead to
/// another path is rejected here.
fn build_for_object<E>(
    kind: Kind,
    namespace: &str,
    name: &str,
    make: impl FnOnce(kube_core::Request) -> Result<Request, E>,
) -> Request {
    // All names here are DNS names (RFC 1123). Cluster-scoped kinds have no namespace.
    let is_dns_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    };
    if is_dns_name(name) && (namespace.is_empty() || is_dns_name(namespace)) {
        build(make(kind.collection(namespace)))
    } else {
        not_found()
    }
}

pub fn get(kind: Kind, namespace: &str, name: &str) -> Request {
    build_for_object(kind, namespace, name, |objects| objects.get(name, &GetParams::default()))
}

/// Server-side apply. It is forced, so that the platform takes over fields of other managers. Only a
/// namespace is not forced: fields of another manager may mean that the namespace is not the platform's.
pub fn apply(namespace: &str, manifest: &Manifest, mode: ApplyMode) -> Request {
    let params = PatchParams {
        dry_run: mode == ApplyMode::DryRun,
        force: manifest.kind != Kind::Namespace,
        field_manager: Some(FIELD_MANAGER.into()),
        field_validation: Some(ValidationDirective::Strict),
    };
    let patch = Patch::Apply(&manifest.body);
    let name = &manifest.name;
    build_for_object(manifest.kind, namespace, name, |objects| objects.patch(name, &params, &patch))
}

/// Creates an object if there is none, and responds with what there is. It is an apply of another field manager, and
/// `manifest` has only what is the same in every version of the object. So nothing that was applied meanwhile is
/// changed, which cannot be said of an [`apply`] to an object that was not there when it was read.
pub fn ensure(namespace: &str, manifest: &Manifest) -> Request {
    let params = PatchParams {
        dry_run: false,
        force: true,
        field_manager: Some(format!("{FIELD_MANAGER}-create")),
        field_validation: Some(ValidationDirective::Strict),
    };
    let patch = Patch::Apply(&manifest.body);
    let name = &manifest.name;
    build_for_object(manifest.kind, namespace, name, |objects| objects.patch(name, &params, &patch))
}

/// As [`apply`], but fails with a conflict if the object is no longer at `resource_version`.
pub fn apply_if_unchanged(
    namespace: &str,
    manifest: &Manifest,
    resource_version: Option<&str>,
) -> Request {
    let mut manifest = manifest.clone();
    let metadata = manifest.body.pointer_mut("/metadata").and_then(Value::as_object_mut);
    if let (Some(metadata), Some(version)) = (metadata, resource_version) {
        metadata.insert("resourceVersion".into(), version.into());
    }
    apply(namespace, &manifest, ApplyMode::Persist)
}

/// Sets a Deployment's replicas as another field manager, before an autoscaler takes them over. The
/// next apply leaves replicas out; without another owner the API server would then reset them to 1,
/// until the autoscaler acts.
///
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership>
pub fn transfer_replicas_ownership(namespace: &str, name: &str, replicas: u32) -> Request {
    let body = json!({
        "apiVersion": Kind::Deployment.api_version(),
        "kind": Kind::Deployment.name(),
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "replicas": replicas },
    });
    let params = PatchParams {
        dry_run: false,
        force: true,
        field_manager: Some(format!("{FIELD_MANAGER}-replicas")),
        field_validation: Some(ValidationDirective::Strict),
    };
    let patch = Patch::Apply(&body);
    build_for_object(Kind::Deployment, namespace, name, |objects| {
        objects.patch(name, &params, &patch)
    })
}

/// Replaces the ports of the service's container by those of the manifest. Ports are a list by number, so an apply does
/// not remove one that somebody else has added, and two must not have the same name.
///
/// <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>
pub fn replace_ports(namespace: &str, workload: &Manifest) -> Request {
    let containers = workload.body.pointer("/spec/template/spec/containers");
    let mut containers = containers.and_then(Value::as_array).into_iter().flatten();
    let service = containers
        .find(|container| container.get("name").and_then(Value::as_str) == Some(CONTAINER_NAME));
    let ports = service.and_then(|container| container.get("ports")).and_then(Value::as_array);
    let replace = json!({ "$patch": "replace" });
    let ports: Vec<Value> =
        std::iter::once(replace).chain(ports.into_iter().flatten().cloned()).collect();
    let body = json!({ "spec": { "template": { "spec": {
        "containers": [{ "name": CONTAINER_NAME, "ports": ports }],
    }}}});
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.into()),
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::default()
    };
    let patch = Patch::Strategic(&body);
    let name = &workload.name;
    build_for_object(workload.kind, namespace, name, |objects| objects.patch(name, &params, &patch))
}

/// Deletes an object at the version that was read. If it was changed since, a newer revision may need
/// it, and the API server responds with a conflict. A Deployment is deleted after its pods; kinds
/// without dependents are deleted immediately.
pub fn delete(kind: Kind, namespace: &str, metadata: &Metadata) -> Request {
    let policy = match kind {
        Kind::Deployment => PropagationPolicy::Foreground,
        _ => PropagationPolicy::Background,
    };
    let params = DeleteParams {
        propagation_policy: Some(policy),
        preconditions: Some(Preconditions {
            uid: Some(metadata.uid.clone()),
            resource_version: Some(metadata.resource_version.clone()),
        }),
        ..DeleteParams::default()
    };
    build_for_object(kind, namespace, &metadata.name, |objects| {
        objects.delete(&metadata.name, &params)
    })
}

/// Lists the objects of a kind that have this label and value, or all of them.
pub fn list(kind: Kind, namespace: &str, label: Option<(&str, &str)>) -> Request {
    let params = ListParams {
        label_selector: label.map(|(name, value)| format!("{name}={value}")),
        ..ListParams::default()
    };
    build(kind.collection(namespace).list(&params))
}

/// Lists only the metadata of a deployment's objects of a kind, or of all objects of the kind. That
/// keeps the response small, and the values of secrets in the cluster.
///
/// <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>
pub fn list_metadata(kind: Kind, namespace: &str, id: Option<DeploymentId>) -> Request {
    let params = ListParams {
        label_selector: id.map(|id| format!("{DEPLOYMENT_LABEL}={id}")),
        ..ListParams::default()
    };
    build(kind.collection(namespace).list_metadata(&params))
}

const EVENTS_PER_PAGE: u32 = 500;

/// Lists a page of a namespace's events: the first one, or the one of a token
/// ([`crate::observe::List::next_page`]). They are in the order of their names, not of time.
pub fn events(namespace: &str, page: Option<&str>) -> Request {
    let params = ListParams {
        limit: Some(EVENTS_PER_PAGE),
        continue_token: page.map(Into::into),
        ..ListParams::default()
    };
    build(Kind::Event.collection(namespace).list(&params))
}

/// Reads a pod's log: that of the container with the service's image, unless `params` names another. `since_time` takes
/// precedence over `since_seconds`, and is rounded down to a second.
pub fn pod_log(namespace: &str, pod: &str, params: &LogParams) -> Request {
    let params = LogParams {
        container: params.container.clone().or(Some(CONTAINER_NAME.into())),
        since_seconds: params.since_seconds.filter(|_| params.since_time.is_none()),
        since_time: params.since_time.map(nokube_domain::whole_seconds),
        ..params.clone()
    };
    build_for_object(Kind::Pod, namespace, pod, |pods| pods.logs(pod, &params))
}

pub(crate) fn post(path: &str, body: &Value) -> Request {
    let body = body.to_string().into_bytes();
    build(kube_core::Request::new(path).create(&PostParams::default(), body))
}
