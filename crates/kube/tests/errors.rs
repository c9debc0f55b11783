//! Errors of the API server, and their messages.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{fixture, platform};
use nokube_kube::error::{ApiError, warnings};
use serde_json::{Value, json};

fn response(code: u16, body: &[u8]) -> http::Response<Vec<u8>> {
    http::Response::builder().status(code).body(body.to_vec()).unwrap()
}

/// The error of a `Status` with these causes, each (reason, message, field).
fn api_error(code: u16, message: &str, causes: &[(&str, &str, &str)]) -> ApiError {
    let causes: Vec<Value> = causes
        .iter()
        .map(|(reason, message, field)| json!({ "reason": reason, "message": message, "field": field }))
        .collect();
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
        "reason": "Any", "message": message, "details": { "kind": "x", "name": "y", "causes": causes },
    });
    ApiError::from_response(&response(code, status.to_string().as_bytes())).unwrap()
}

/// The field and the detail of a rejection.
#[track_caller]
fn rejected(error: ApiError) -> (Option<&'static str>, String) {
    match error {
        ApiError::Rejected { field, detail } => (field, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_success_is_no_error() {
    for code in [200, 201, 202] {
        assert_eq!(ApiError::from_response(&response(code, b"{}")), None);
    }
}

#[test]
fn conflicts_and_transient_errors_are_recognized() {
    let modified = "Operation cannot be fulfilled on deployments.apps \"frontend\": the object has \
                    been modified; please apply your changes to the latest version and try again";
    let other = "Operation cannot be fulfilled on services \"x\": Precondition failed: UID in \
                 precondition: a, UID in object meta: b";
    let touched = "Operation cannot be fulfilled on Deployment.apps \"db\": the ResourceVersion in the \
                   precondition (301) does not match the ResourceVersion in record (322). The object \
                   might have been modified";
    let recreated = "Operation cannot be fulfilled on ConfigMap \"settings\": the UID in the \
                     precondition (a) does not match the UID in record (b). The object might have \
                     been deleted and then recreated";
    let deleted = "object is being deleted: persistentvolumeclaims \"x-data\" already exists";
    let terminating = "deployments.apps \"x\" is forbidden: unable to create new content in namespace \
                       nk-a-b because it is being terminated";
    let cause =
        [("NamespaceTerminating", "namespace nk-a-b is being terminated", "metadata.namespace")];
    let webhook = "Internal error occurred: failed calling webhook \"x\": connection refused";
    let table = [
        (api_error(401, "Unauthorized", &[]), ApiError::Unauthenticated),
        (api_error(403, terminating, &cause), ApiError::NamespaceTerminating),
        (api_error(404, "namespaces \"nk-a-b\" not found", &[]), ApiError::NotFound),
        (api_error(409, modified, &[]), ApiError::VersionConflict),
        (api_error(409, other, &[]), ApiError::VersionConflict),
        (api_error(409, recreated, &[]), ApiError::VersionConflict),
        (api_error(409, touched, &[]), ApiError::VersionConflict),
        (api_error(409, deleted, &[]), ApiError::ObjectTerminating),
        (api_error(429, "too many requests", &[]), ApiError::Unavailable(1)),
        (api_error(500, webhook, &[]), ApiError::Unavailable(1)),
        (api_error(503, "", &[]), ApiError::Unavailable(1)),
    ];
    for (read, expected) in table {
        assert_eq!(read, expected);
    }
    let wait = json!({ "message": "later", "code": 429, "details": { "retryAfterSeconds": 7 } });
    let read = ApiError::from_response(&response(429, wait.to_string().as_bytes()));
    assert_eq!(read, Some(ApiError::Unavailable(7)));
}

#[test]
fn a_missing_permission_has_the_api_servers_message() {
    let message = "deployments.apps \"x\" is forbidden: User \"system:serviceaccount:nokube:deployer\" \
                   cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"nk-a-b\"";
    let error = api_error(403, message, &[]);
    assert_eq!(error, ApiError::MissingPermission(message.into()));
    assert!(error.message().contains("administrator"), "{}", error.message());
    let others = [
        "forbidden: User \"x\" cannot get path \"/metrics\"",
        "pods \"x\" is forbidden: User \"x\" cannot get resource \"pods/log\" in API group \"\"",
        "rolebindings.rbac.authorization.k8s.io \"all\" is forbidden: user \"x\" (groups=[\"y\"]) is \
         attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"*\"]}",
    ];
    for message in others {
        assert_eq!(api_error(403, message, &[]), ApiError::MissingPermission(message.into()));
    }
}

#[test]
fn a_rejection_has_the_field_of_the_request_and_says_what_to_do() {
    let typed = "failed to create typed patch object (nk-a-b/x; apps/v1, Kind=Deployment): \
                 .spec.x: field not declared in schema";
    let quota = |of: &str| {
        format!(
            "x \"y\" is forbidden: exceeded quota: nokube, requested: {of}=9, used: {of}=9, limited: {of}=10"
        )
    };
    let volume = "persistentvolumeclaims \"x-data\" is forbidden: maximum storage usage per \
                  PersistentVolumeClaim is 10Gi, but request is 20Gi";
    let pod =
        "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true";
    let plugin = "admission webhook \"policy.example.com\" denied the request: no";
    let quantity = "failed to convert new object (nk-a-b/x; apps/v1, Kind=Deployment) to proper \
                    version: unable to convert unstructured object to apps/v1, Kind=Deployment: \
                    quantities must match the regular expression";
    let table: [(ApiError, Option<&str>, &str); 12] = [
        (api_error(500, typed, &[]), None, "bug in NoKube"),
        (api_error(500, quantity, &[]), None, "bug in NoKube"),
        (api_error(403, &quota("pods"), &[]), Some("replicas"), "quota does not allow"),
        (api_error(403, &quota("requests.memory"), &[]), Some("memory_request"), "quota"),
        (api_error(403, &quota("requests.storage"), &[]), Some("storage_size"), "quota"),
        (api_error(403, &quota("persistentvolumeclaims"), &[]), Some("storage_size"), "quota"),
        (api_error(403, volume, &[]), Some("storage_size"), "10Gi"),
        (api_error(403, pod, &[]), Some("image_name"), "USER 1000"),
        (api_error(403, plugin, &[]), None, "policy.example.com"),
        (api_error(409, "the object already exists", &[]), None, "already exists"),
        (api_error(400, "strict decoding error: unknown field \"spec.x\"", &[]), None, "spec.x"),
        (api_error(418, "", &[]), None, "status 418"),
    ];
    for (error, field, text) in table {
        let (found, detail) = rejected(error);
        assert_eq!(found, field, "{detail}");
        assert!(detail.contains(text), "{detail}");
    }
    for body in ["", "<html>", "null", "[]", "{\"details\":7}"] {
        let (_, detail) =
            rejected(ApiError::from_response(&response(400, body.as_bytes())).unwrap());
        assert!(detail.contains("status 400"), "{detail}");
    }
}

#[test]
fn a_field_of_an_object_is_mapped_to_the_field_of_the_request() {
    let container = "spec.template.spec.containers[0]";
    let table = [
        (format!("{container}.resources.requests[cpu]"), Some("cpu_request")),
        (format!("{container}.resources.limits[memory]"), Some("memory_limit")),
        (format!("{container}.livenessProbe.httpGet.path"), Some("liveness_check_path")),
        (format!("{container}.readinessProbe.periodSeconds"), Some("readiness_check_path")),
        (format!("{container}.volumeMounts[0].mountPath"), Some("storage_path")),
        (format!("{container}.image"), Some("image_name")),
        (format!("{container}.command[0]"), Some("command")),
        (format!("{container}.args"), Some("args")),
        (format!("{container}.ports[0].containerPort"), Some("container_port")),
        ("spec.ports[0].port".into(), Some("service_port")),
        ("spec.rules[0].backendRefs[0].port".into(), Some("service_port")),
        ("spec.rules[0].matches[0].path.value".into(), Some("custom_path")),
        ("spec.rules[0].host".into(), Some("custom_domain")),
        ("spec.hostnames[0]".into(), Some("custom_domain")),
        ("spec.replicas".into(), Some("replicas")),
        ("spec.maxReplicas".into(), Some("max_replicas")),
        ("spec.resources.requests[storage]".into(), Some("storage_size")),
        ("data[A-B]".into(), Some("env_vars")),
        ("data".into(), Some("env_vars")),
        ("metadata.name".into(), Some("service_name")),
        ("metadata.annotations".into(), None),
        ("metadata.labels".into(), None),
        ("spec.selector".into(), None),
        ("".into(), None),
    ];
    for (field, expected) in table {
        let cause = [("FieldValueInvalid", "Invalid value: no", field.as_str())];
        let (found, detail) = rejected(api_error(422, "is invalid", &cause));
        assert_eq!(found, expected, "{field}");
        assert!(detail.contains(&field) && detail.contains("Invalid value: no"), "{detail}");
    }
    for (what, expected) in [("cpu", "cpu_request"), ("memory", "memory_request")] {
        let message =
            format!("Invalid value: \"2\": must be less than or equal to {what} limit of 1");
        let field = format!("{container}.resources.requests");
        let cause = [("FieldValueInvalid", message.as_str(), field.as_str())];
        assert_eq!(rejected(api_error(422, "", &cause)).0, Some(expected));
    }
    let two = [("", "no", "spec.replicas"), ("", "neither", "spec.selector")];
    let (_, detail) = rejected(api_error(422, "", &two));
    assert_eq!(detail, "spec.replicas: no; spec.selector: neither");
}

#[test]
fn a_smaller_volume_is_rejected_with_an_explanation() {
    // The API server's message for a volume that no pod has used yet.
    let compared = |before: &str, after: &str| {
        format!(
            "Forbidden: spec is immutable after creation except resources.requests and \
             volumeAttributesClassName for bound claims\n@@ -6,7 +6,7 @@\n  \"Resources\": {{\n   \
             \"Requests\": {{\n-   {before}\n+   {after}\n   }}\n"
        )
    };
    let size = compared("\"storage\": \"2Gi\"", "\"storage\": \"1Gi\"");
    let requests = "spec.resources.requests.storage";
    for (field, message) in [
        ("spec", size.as_str()),
        (requests, "Forbidden: field can not be less than status.capacity"),
        (requests, "Forbidden: field can not be less than previous value"),
    ] {
        let cause = [("FieldValueForbidden", message, field)];
        let (field, detail) = rejected(api_error(422, "is invalid", &cause));
        assert_eq!(field, Some("storage_size"));
        assert!(detail.contains("but not shrink"), "{detail}");
    }
    let mode = compared("\"ReadWriteOnce\"", "\"ReadWriteMany\"");
    let (field, detail) = rejected(api_error(422, "", &[("FieldValueForbidden", &mode, "spec")]));
    assert!(field.is_none() && detail.contains("spec is immutable"), "{detail}");
}

#[test]
fn an_apply_conflict_names_the_field_manager() {
    let cause = [(
        "FieldManagerConflict",
        "conflict with \"kubectl-edit\" using v1",
        ".metadata.labels.nokube.dev/owner",
    )];
    let (field, detail) = rejected(api_error(409, "Apply failed with 1 conflict", &cause));
    assert_eq!(field, None);
    assert!(detail.contains(".metadata.labels.nokube.dev/owner (by \"kubectl-edit\""), "{detail}");
}

#[test]
fn an_object_error_names_its_object() {
    let manifest = fixture(json!({})).manifests(&platform()).workload;
    let error =
        api_error(403, "exceeded quota: nokube, requested: pods=1", &[]).object_error(&manifest);
    assert_eq!((error.kind.as_str(), error.name.as_str()), ("Deployment", "frontend"));
    assert_eq!(error.field.as_deref(), Some("replicas"));
    let others = [
        ApiError::NotFound,
        ApiError::VersionConflict,
        ApiError::NamespaceTerminating,
        ApiError::Unavailable(1),
        ApiError::Unauthenticated,
    ];
    for error in others {
        let error = error.object_error(&manifest);
        assert!(error.field.is_none() && error.detail.ends_with('.'), "{error:?}");
    }
}

#[test]
fn warnings_are_read_from_headers() {
    let table: [(&[&str], &[&str]); 10] = [
        (&[], &[]),
        (&["299 - \"old API\""], &["old API"]),
        (&["299 - \"a\"", "299 - \"b\""], &["a", "b"]),
        (&["299 - \"a\", 299 - \"b, c\""], &["a", "b, c"]),
        (&["299 - \"say \\\"x\\\" and \\\\\""], &["say \"x\" and \\"]),
        (&["299 kube \"would violate PodSecurity\" \"date\""], &["would violate PodSecurity"]),
        (&["299 - \"déjà vu\""], &["déjà vu"]),
        (&["199 - \"other\""], &[]),
        (&["299 - unquoted", "299 - \"open", "299 - \"", "299"], &[]),
        (&["299 - \"\""], &[""]),
    ];
    for (headers, texts) in table {
        let mut map = http::HeaderMap::new();
        for text in headers {
            map.append("warning", http::HeaderValue::from_bytes(text.as_bytes()).unwrap());
        }
        assert_eq!(warnings(&map), texts, "{headers:?}");
    }
}
