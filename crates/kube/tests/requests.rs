//! Requests to the API server: paths, parameters, headers, bodies.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{id, platform, story};
use nokube_kube::{
    Kind,
    manifest::namespace,
    observe::Metadata,
    request::{self, Log, Mode, Request, Right},
    rights,
};
use serde_json::{Value, json};

const NS: &str = "nk-testuser-myapp";

/// Method, path, and parameters without order.
#[track_caller]
fn check(request: &Request, method: &str, path: &str, parameters: &[&str]) {
    assert_eq!((request.method().as_str(), request.uri().path()), (method, path));
    let query = request.uri().query().unwrap_or_default();
    let mut found: Vec<_> = query.split('&').filter(|part| !part.is_empty()).collect();
    found.sort_unstable();
    assert_eq!(found, parameters);
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

fn content_type(request: &Request) -> &str {
    request.headers()["content-type"].to_str().unwrap()
}

#[test]
fn an_object_is_applied_with_force_and_strictly() {
    let workload = story(json!({})).manifests(&platform()).workload;
    let path = format!("/apis/apps/v1/namespaces/{NS}/deployments/frontend");
    let real = request::apply(NS, &workload, Mode::Real);
    let parameters = ["fieldManager=nokube", "fieldValidation=Strict", "force=true"];
    check(&real, "PATCH", &path, &parameters);
    assert_eq!(content_type(&real), "application/apply-patch+yaml");
    assert_eq!(body(&real), workload.body);
    assert!(body(&real)["metadata"].get("managedFields").is_none());
    let tried = request::apply(NS, &workload, Mode::DryRun);
    let parameters = ["dryRun=All", "fieldManager=nokube", "fieldValidation=Strict", "force=true"];
    check(&tried, "PATCH", &path, &parameters);
    assert_eq!(body(&tried), workload.body);
}

#[test]
fn a_namespace_is_never_forced() {
    let story = story(json!({}));
    let namespace = namespace(&platform(), &story.deployed().tenant);
    let request = request::apply(NS, &namespace, Mode::Real);
    let parameters = ["fieldManager=nokube", "fieldValidation=Strict"];
    check(&request, "PATCH", &format!("/api/v1/namespaces/{NS}"), &parameters);
    let read = request::get(Kind::Namespace, "", NS);
    check(&read, "GET", &format!("/api/v1/namespaces/{NS}"), &[]);
}

#[test]
fn an_object_can_be_applied_only_as_it_was_read() {
    let workload = story(json!({})).manifests(&platform()).workload;
    let fresh = request::apply_if_unchanged(NS, &workload, Some("42"));
    assert_eq!(body(&fresh)["metadata"]["resourceVersion"], "42");
    let new = request::apply_if_unchanged(NS, &workload, None);
    assert!(body(&new)["metadata"].get("resourceVersion").is_none());
}

fn seen(name: &str) -> Metadata {
    let seen = json!({ "name": name, "uid": "u-1", "resourceVersion": "7" });
    serde_json::from_value(seen).unwrap()
}

#[test]
fn this_very_object_is_deleted() {
    // What has pods goes after them; what has none goes at once.
    for (kind, place, policy) in [
        (Kind::HttpRoute, "gateway.networking.k8s.io/v1", "Background"),
        (Kind::Deployment, "apps/v1", "Foreground"),
    ] {
        let request = request::delete(kind, NS, &seen("frontend"));
        let path = format!("/apis/{place}/namespaces/{NS}/{}/frontend", kind.plural());
        check(&request, "DELETE", &path, &[]);
        let conditions = json!({ "uid": "u-1", "resourceVersion": "7" });
        let expected = json!({ "propagationPolicy": policy, "preconditions": conditions });
        assert_eq!(body(&request), expected);
        assert_eq!(content_type(&request), "application/json");
    }
}

#[test]
fn lists_events_and_logs_are_asked_for() {
    let pods = format!("/api/v1/namespaces/{NS}/pods");
    check(&request::list(Kind::Pod, NS, None), "GET", &pods, &[]);
    let label = format!("labelSelector=nokube.dev%2Fdeployment%3D{}", id());
    let metadata = request::list_metadata(Kind::Pod, NS, Some(id()));
    check(&metadata, "GET", &pods, &[&label]);
    let accept = metadata.headers()["accept"].to_str().unwrap();
    assert!(accept.contains("as=PartialObjectMetadataList"), "without what they hold: {accept}");
    let events = format!("/api/v1/namespaces/{NS}/events");
    let about = request::events(NS, Some("u&1=2"));
    check(&about, "GET", &events, &["fieldSelector=involvedObject.uid%3Du%261%3D2", "limit=500"]);
    let log = Log {
        follow: true,
        previous: true,
        tail: Some(100),
        since_seconds: Some(60),
        since: None,
        timestamps: true,
        limit_bytes: Some(9),
    };
    let path = format!("{pods}/frontend-1-2/log");
    let parameters = [
        "container=app",
        "follow=true",
        "limitBytes=9",
        "previous=true",
        "sinceSeconds=60",
        "tailLines=100",
        "timestamps=true",
    ];
    check(&request::log(NS, "frontend-1-2", &log), "GET", &path, &parameters);
    check(&request::log(NS, "frontend-1-2", &Log::default()), "GET", &path, &["container=app"]);
}

#[test]
fn no_name_leads_out_of_its_path() {
    let names = [
        "",
        ".",
        "..",
        "../secrets/x",
        "a/b",
        "a/../b",
        "a?x=1",
        "a#b",
        "a%2f..%2fb",
        "a b",
        "a\nb",
        "é",
        "/",
        "-a",
        "a;b",
        "a\\b",
    ];
    let mut manifest = story(json!({})).manifests(&platform()).workload;
    for name in names {
        manifest.name = name.into();
        let mut requests = vec![
            request::get(Kind::Pod, NS, name),
            request::delete(Kind::Pod, NS, &seen(name)),
            request::log(NS, name, &Log::default()),
            request::apply(NS, &manifest, Mode::Real),
        ];
        if !name.is_empty() {
            requests.push(request::get(Kind::Pod, name, "pod"));
        }
        for request in requests {
            check(&request, "GET", "/nowhere", &[]);
        }
    }
}

#[test]
fn rights_and_identity_are_asked_for() {
    let table = [
        (Right { verb: "patch", kind: Kind::Deployment, subresource: "" }, "deployments.apps", NS),
        (Right { verb: "get", kind: Kind::Pod, subresource: "log" }, "pods/log", NS),
        (Right { verb: "create", kind: Kind::Namespace, subresource: "" }, "namespaces", ""),
    ];
    for (right, title, namespace) in table {
        assert_eq!(right.of(), title);
        let request = request::access_review(&right, NS);
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        check(&request, "POST", path, &[]);
        let asked = body(&request)["spec"]["resourceAttributes"].clone();
        assert_eq!((&asked["verb"], &asked["namespace"]), (&json!(right.verb), &json!(namespace)));
        assert_eq!(asked["resource"], right.kind.plural());
        assert_eq!(asked["subresource"], right.subresource);
    }
    let who = request::self_review();
    check(&who, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &[]);
    assert_eq!(body(&who)["kind"], "SelfSubjectReview");
}

#[test]
fn every_kind_has_its_path() {
    let table = [
        (Kind::Secret, "/api/v1/namespaces/n/secrets/x"),
        (Kind::NetworkPolicy, "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/x"),
        (
            Kind::HorizontalPodAutoscaler,
            "/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/x",
        ),
        (Kind::PodDisruptionBudget, "/apis/policy/v1/namespaces/n/poddisruptionbudgets/x"),
        (Kind::RoleBinding, "/apis/rbac.authorization.k8s.io/v1/namespaces/n/rolebindings/x"),
        (Kind::Namespace, "/api/v1/namespaces/x"),
    ];
    for (kind, path) in table {
        check(&request::get(kind, "n", "x"), "GET", path, &[]);
        assert_eq!(Kind::named(kind.name()), Some(kind));
    }
    assert_eq!(Kind::named("Node"), None);
}

#[test]
fn missing_rights_are_listed_kind_by_kind() {
    let right = |verb, kind| Right { verb, kind, subresource: "" };
    let missing = [
        right("create", Kind::Deployment),
        right("list", Kind::Pod),
        right("patch", Kind::Deployment),
    ];
    let missing: Vec<_> = missing.iter().collect();
    assert_eq!(rights::listed(&missing), "create, patch deployments.apps; list pods");
}
