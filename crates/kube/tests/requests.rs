//! Requests to the API server: paths, query parameters, headers and bodies.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{fixture, gateway, id, platform};
use nokube_domain::deployments::SecretValue;
use nokube_kube::{
    Kind,
    manifest::{namespace, saved_secrets},
    observe::Metadata,
    permissions::{self, Permission},
    platform::Certificates,
    request::{self, ApplyMode, LogParams, Request},
    review,
};
use serde::Deserialize;
use serde_json::{Value, json};

const NS: &str = "nk-testuser-myapp";

/// Checks method, path, and query parameters in sorted order.
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
fn apply_is_forced_and_strict() {
    let workload = fixture(json!({})).manifests(&platform()).workload;
    let path = format!("/apis/apps/v1/namespaces/{NS}/deployments/frontend");
    let persisted = request::apply(NS, &workload, ApplyMode::Persist);
    let parameters = ["fieldManager=nokube", "fieldValidation=Strict", "force=true"];
    check(&persisted, "PATCH", &path, &parameters);
    assert_eq!(content_type(&persisted), "application/apply-patch+yaml");
    assert_eq!(body(&persisted), workload.body);
    assert!(body(&persisted)["metadata"].get("managedFields").is_none());
    let dry_run = request::apply(NS, &workload, ApplyMode::DryRun);
    let parameters = ["dryRun=All", "fieldManager=nokube", "fieldValidation=Strict", "force=true"];
    check(&dry_run, "PATCH", &path, &parameters);
    assert_eq!(body(&dry_run), workload.body);
}

#[test]
fn saved_secrets_are_ensured_by_another_manager_before_they_are_applied() {
    let fixture = fixture(json!({}));
    let tenant = fixture.input().tenant;
    let service = "frontend".parse().unwrap();
    let path = format!("/api/v1/namespaces/{NS}/secrets/frontend.secrets");
    let ensure = request::ensure(NS, &saved_secrets(&tenant, &service, None));
    let parameters = ["fieldManager=nokube-create", "fieldValidation=Strict", "force=true"];
    check(&ensure, "PATCH", &path, &parameters);
    // What is the same in each version: it changes nothing of an existing one.
    assert!(body(&ensure).get("data").is_none());
    let values = [("KEY".to_owned(), SecretValue::new("value".into()))].into();
    let secret = saved_secrets(&tenant, &service, Some(&values));
    let apply = request::apply_if_unchanged(NS, &secret, Some("7"));
    let parameters = ["fieldManager=nokube", "fieldValidation=Strict", "force=true"];
    check(&apply, "PATCH", &path, &parameters);
    let mut applied = body(&apply);
    assert_eq!(applied["data"], json!({ "KEY": "dmFsdWU=" }));
    assert_eq!(applied["metadata"]["resourceVersion"], "7");
    assert!(applied["metadata"]["labels"].get("nokube.dev/deployment").is_none());
    applied.as_object_mut().unwrap().remove("data");
    applied["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    assert_eq!(applied, body(&ensure));
}

#[test]
fn apply_of_a_namespace_is_not_forced() {
    let fixture = fixture(json!({}));
    let namespace = namespace(&platform(), &fixture.input().tenant);
    let request = request::apply(NS, &namespace, ApplyMode::Persist);
    let parameters = ["fieldManager=nokube", "fieldValidation=Strict"];
    check(&request, "PATCH", &format!("/api/v1/namespaces/{NS}"), &parameters);
    let read = request::get(Kind::Namespace, "", NS);
    check(&read, "GET", &format!("/api/v1/namespaces/{NS}"), &[]);
}

#[test]
fn apply_if_unchanged_sends_the_resource_version() {
    let workload = fixture(json!({})).manifests(&platform()).workload;
    let fresh = request::apply_if_unchanged(NS, &workload, Some("42"));
    assert_eq!(body(&fresh)["metadata"]["resourceVersion"], "42");
    let new = request::apply_if_unchanged(NS, &workload, None);
    assert!(body(&new)["metadata"].get("resourceVersion").is_none());
}

fn metadata(name: &str) -> Metadata {
    let metadata = json!({ "name": name, "uid": "u-1", "resourceVersion": "7" });
    serde_json::from_value(metadata).unwrap()
}

#[test]
fn delete_has_preconditions_and_a_deployment_goes_after_its_pods() {
    for (kind, group, policy) in [
        (Kind::HttpRoute, "gateway.networking.k8s.io/v1", "Background"),
        (Kind::Deployment, "apps/v1", "Foreground"),
    ] {
        let request = request::delete(kind, NS, &metadata("frontend"));
        let path = format!("/apis/{group}/namespaces/{NS}/{}/frontend", kind.plural());
        check(&request, "DELETE", &path, &[]);
        let preconditions = json!({ "uid": "u-1", "resourceVersion": "7" });
        let expected = json!({ "propagationPolicy": policy, "preconditions": preconditions });
        assert_eq!(body(&request), expected);
        assert_eq!(content_type(&request), "application/json");
    }
}

#[test]
fn lists_events_and_logs_have_their_parameters() {
    let pods = format!("/api/v1/namespaces/{NS}/pods");
    check(&request::list(Kind::Pod, NS, None), "GET", &pods, &[]);
    let label = format!("labelSelector=nokube.dev%2Fdeployment%3D{}", id());
    let metadata = request::list_metadata(Kind::Pod, NS, Some(id()));
    check(&metadata, "GET", &pods, &[&label]);
    let accept = metadata.headers()["accept"].to_str().unwrap();
    assert!(accept.contains("as=PartialObjectMetadataList"), "{accept}");
    let events = format!("/api/v1/namespaces/{NS}/events");
    check(&request::events(NS, None), "GET", &events, &["limit=500"]);
    let next = request::events(NS, Some("a+b/c="));
    check(&next, "GET", &events, &["continue=a%2Bb%2Fc%3D", "limit=500"]);
    let options = LogParams {
        follow: true,
        previous: true,
        tail_lines: Some(100),
        since_seconds: Some(60),
        timestamps: true,
        limit_bytes: Some(9),
        ..LogParams::default()
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
    check(&request::pod_log(NS, "frontend-1-2", &options), "GET", &path, &parameters);
    check(
        &request::pod_log(NS, "frontend-1-2", &LogParams::default()),
        "GET",
        &path,
        &["container=app"],
    );
}

#[test]
fn a_name_cannot_change_the_path() {
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
    let mut manifest = fixture(json!({})).manifests(&platform()).workload;
    for name in names {
        manifest.name = name.into();
        let mut requests = vec![
            request::get(Kind::Pod, NS, name),
            request::delete(Kind::Pod, NS, &metadata(name)),
            request::pod_log(NS, name, &LogParams::default()),
            request::apply(NS, &manifest, ApplyMode::Persist),
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
fn reviews_ask_for_permissions_and_identity() {
    let table = [
        (
            Permission { verb: "patch", kind: Kind::Deployment, subresource: "" },
            "deployments.apps",
            NS,
        ),
        (Permission { verb: "get", kind: Kind::Pod, subresource: "log" }, "pods/log", NS),
        (Permission { verb: "create", kind: Kind::Namespace, subresource: "" }, "namespaces", ""),
    ];
    for (permission, resource, namespace) in table {
        assert_eq!(permission.resource(), resource);
        let request = review::self_subject_access_review(&permission, NS);
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        check(&request, "POST", path, &[]);
        let attributes = body(&request)["spec"]["resourceAttributes"].clone();
        assert_eq!(
            (&attributes["verb"], &attributes["namespace"]),
            (&json!(permission.verb), &json!(namespace))
        );
        assert_eq!(attributes["resource"], permission.kind.plural());
        assert_eq!(attributes["subresource"], permission.subresource);
    }
    let review = review::self_subject_review();
    check(&review, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &[]);
    assert_eq!(body(&review)["kind"], "SelfSubjectReview");
}

#[test]
fn each_kind_has_its_path() {
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
        (Kind::Gateway, "/apis/gateway.networking.k8s.io/v1/namespaces/n/gateways/x"),
        (Kind::IngressClass, "/apis/networking.k8s.io/v1/ingressclasses/x"),
        (Kind::Certificate, "/apis/cert-manager.io/v1/namespaces/n/certificates/x"),
    ];
    for (kind, path) in table {
        check(&request::get(kind, "n", "x"), "GET", path, &[]);
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(Kind::from_name("Node"), None);
}

#[test]
fn missing_permissions_are_grouped_by_resource() {
    let on = |verb, kind| Permission { verb, kind, subresource: "" };
    let missing =
        [on("create", Kind::Deployment), on("list", Kind::Pod), on("patch", Kind::Deployment)];
    let missing: Vec<_> = missing.iter().collect();
    assert_eq!(permissions::format_missing(&missing), "create, patch deployments.apps; list pods");
}

#[test]
fn the_roles_of_the_operators_file_grant_each_permission() {
    let documents = serde_yaml_ng::Deserializer::from_str(include_str!("../../../ops/rbac.yaml"));
    let objects: Vec<Value> = documents.map(|one| Value::deserialize(one).unwrap()).collect();
    let roles = objects.iter().filter(|object| object["kind"] == "ClusterRole");
    let rules: Vec<_> = roles.flat_map(|role| role["rules"].as_array().unwrap()).collect();
    let has = |list: &Value, text: &str| list.as_array().unwrap().iter().any(|item| item == text);
    let mut on_gateway = gateway();
    on_gateway.deployer_role = Some("nokube-deployer".into());
    let mut ingress = platform();
    ingress.apps.as_mut().unwrap().certificates = Certificates::Issuer("letsencrypt".into());
    for platform in [on_gateway, ingress] {
        let optional = permissions::reachability_permissions(&platform);
        for permission in permissions::required_permissions(&platform).iter().chain(&optional) {
            let resource = match permission.subresource {
                "" => permission.kind.plural().to_owned(),
                subresource => format!("{}/{subresource}", permission.kind.plural()),
            };
            let is_granted = rules.iter().any(|rule| {
                has(&rule["apiGroups"], permission.kind.group())
                    && has(&rule["resources"], &resource)
                    && has(&rule["verbs"], permission.verb)
            });
            assert!(is_granted, "{} {}", permission.verb, permission.resource());
        }
    }
}

#[test]
fn a_port_that_somebody_else_added_is_replaced() {
    let workload = fixture(json!({ "container_port": 8080 })).manifests(&platform()).workload;
    let request = request::replace_ports(NS, &workload);
    let path = format!("/apis/apps/v1/namespaces/{NS}/deployments/frontend");
    check(&request, "PATCH", &path, &["fieldManager=nokube", "fieldValidation=Strict"]);
    assert_eq!(content_type(&request), "application/strategic-merge-patch+json");
    let container = body(&request)["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!(container["name"], "app");
    assert_eq!(container["ports"][0], json!({ "$patch": "replace" }));
    let ports = workload.body["spec"]["template"]["spec"]["containers"][0]["ports"].clone();
    assert_eq!(container["ports"].as_array().unwrap()[1..], *ports.as_array().unwrap());
    // The API server's response to an apply, before that.
    let status = json!({
        "kind": "Status", "status": "Failure", "reason": "Invalid", "code": 422,
        "message": "Deployment.apps \"frontend\" is invalid",
        "details": { "causes": [{
            "reason": "FieldValueDuplicate", "message": "Duplicate value: \"app\"",
            "field": "spec.template.spec.containers[0].ports[1].name",
        }]},
    });
    let response = http::Response::builder().status(422).body(status.to_string().into_bytes());
    let error = nokube_kube::error::ApiError::from_response(&response.unwrap()).unwrap();
    assert!(error.is_duplicate_port(), "{error:?}");
}
