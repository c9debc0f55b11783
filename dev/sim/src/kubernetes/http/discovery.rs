//! The API server's health, its version, and the discovery of its resources.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kubernetes::api_error::json_response;
use crate::kubernetes::json::put;
use crate::kubernetes::state::resources::{ALL, GATEWAY, Resource};

/// The simulated version of Kubernetes is 1.36.
const MINOR: &str = "36";

/// These paths need no token.
pub fn health_or_version(path: &str) -> Option<Response> {
    match path {
        "/readyz" | "/livez" | "/healthz" => Some((StatusCode::OK, "ok").into_response()),
        "/version" => Some(json_response(
            200,
            &json!({
                "major": "1", "minor": MINOR, "emulationMajor": "1", "emulationMinor": MINOR,
                "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
                "gitVersion": format!("v1.{MINOR}.0"), "gitCommit": "simulated",
                "gitTreeState": "clean", "buildDate": "2026-04-22T00:00:00Z",
                "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64",
            }),
        )),
        _ => None,
    }
}

/// Responds to the discovery of API groups and of the resources of a group.
pub fn discover(path: &str, gateway_api: bool) -> Option<Value> {
    let is_served = |resource: &&Resource| gateway_api || resource.group != GATEWAY;
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["apis"] => {
            let mut groups: Vec<&Resource> = Vec::new();
            for resource in
                ALL.iter().filter(is_served).filter(|resource| !resource.group.is_empty())
            {
                if groups.iter().all(|listed| listed.group != resource.group) {
                    groups.push(resource);
                }
            }
            let groups: Vec<Value> = groups.into_iter().map(group).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["apis", name] => {
            let found = ALL.iter().filter(is_served).find(|resource| resource.group == *name)?;
            let mut group = group(found);
            put(&mut group, "/kind", json!("APIGroup"));
            put(&mut group, "/apiVersion", json!("v1"));
            Some(group)
        }
        ["api", version] => resources("", version, gateway_api),
        ["apis", group, version] => resources(group, version, gateway_api),
        _ => None,
    }
}

fn group(resource: &Resource) -> Value {
    let version = json!({"groupVersion": resource.api_version(), "version": resource.version});
    json!({"name": resource.group, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str, version: &str, gateway_api: bool) -> Option<Value> {
    let mut list = Vec::new();
    let mut group_version = String::new();
    for resource in ALL.iter().filter(|resource| resource.group == group) {
        if resource.version != version || (resource.is_custom() && !gateway_api) {
            continue;
        }
        group_version = resource.api_version();
        list.push(json!({
            "name": resource.plural, "singularName": resource.singular,
            "namespaced": resource.namespaced, "kind": resource.kind,
            "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update"],
            "shortNames": resource.short_names,
        }));
        let mut subresource = |name: &str, verbs: &[&str]| {
            list.push(json!({
                "name": format!("{}/{name}", resource.plural), "singularName": "",
                "namespaced": resource.namespaced, "kind": resource.kind, "verbs": verbs,
            }));
        };
        if resource.has_status {
            subresource("status", &["get", "patch", "update"]);
        }
        if resource.plural == "pods" {
            subresource("log", &["get"]);
        }
    }
    (!list.is_empty()).then(|| {
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version,
            "resources": list,
        })
    })
}
