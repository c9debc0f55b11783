//! A request to objects of a resource: get, list, apply or delete.

use axum::body::Bytes;
use axum::http::header;
use axum::response::Response;
use serde_json::{Value, json};

use super::json_body;
use super::path::{Query, ResourcePath};
use crate::kubernetes::access::Permission;
use crate::kubernetes::api_error::{ApiError, json_response};
use crate::kubernetes::json::{label, name, namespace, put};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::write::{Applied, Apply, ApplyMode};

const APPLY: &str = "application/apply-patch+yaml";

pub struct ResourceRequest<'a> {
    pub path: ResourcePath<'a>,
    pub query: Query,
    pub http: &'a axum::http::Request<Bytes>,
}

impl ResourceRequest<'_> {
    pub fn handle(&self, cluster: &mut ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, name, .. } = self.path;
        match (self.http.method().as_str(), name) {
            ("GET", "") => {
                self.authorize(cluster, "list")?;
                self.list(cluster)
            }
            ("GET", _) => {
                self.authorize(cluster, "get")?;
                self.query.check_names(&[])?;
                let object = cluster.find(resource, namespace, name);
                let object = object.ok_or_else(|| ApiError::not_found(resource, name))?;
                Ok(json_response(200, object))
            }
            ("PATCH", name) if !name.is_empty() => {
                self.authorize(cluster, "patch")?;
                if cluster.find(resource, namespace, name).is_none() {
                    self.authorize(cluster, "create")?;
                }
                self.apply(cluster)
            }
            ("DELETE", name) if !name.is_empty() => {
                self.authorize(cluster, "delete")?;
                let options =
                    if self.http.body().is_empty() { json!({}) } else { json_body(self.http)? };
                let body = cluster.delete(resource, (namespace, name), &options)?;
                Ok(json_response(200, &body))
            }
            _ => Err(ApiError::method_not_allowed()),
        }
    }

    fn authorize(&self, cluster: &ClusterState, verb: &str) -> Result<(), ApiError> {
        let ResourcePath { resource, namespace, name, subresource } = self.path;
        // For authorization, a Namespace is in itself.
        let namespace = if resource.namespaced { namespace } else { name };
        cluster.authorize(&Permission { verb, resource, subresource, namespace, name })
    }

    fn list(&self, cluster: &ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, .. } = self.path;
        self.query.check_names(&["labelSelector", "limit", "continue"])?;
        let selector = label_selector(self.query.get("labelSelector"))?;
        let limit = self.query.get("limit").parse().unwrap_or(usize::MAX);
        let only_namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let objects = cluster.store.list(resource, only_namespace);
        // The token of the next page is the last object of this one.
        let page_start = self.query.get("continue");
        let mut rest = objects.filter(|object| {
            selector.iter().all(|(name, value)| label(object, name) == Some(value))
                && *full_name(object) > *page_start
        });
        let page: Vec<&Value> = rest.by_ref().take(limit).collect();
        let mut metadata = json!({"resourceVersion": cluster.store.resource_version()});
        if let (Some(last), Some(_)) = (page.last(), rest.next()) {
            put(&mut metadata, "/continue", full_name(last));
        }
        let items = page.into_iter().map(|object| match self.wants_metadata_only() {
            true => json!({"metadata": object.get("metadata")}),
            false => object.clone(),
        });
        let (kind, api_version) = match self.wants_metadata_only() {
            true => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
            false => (format!("{}List", resource.kind), resource.api_version()),
        };
        let body = json!({
            "kind": kind, "apiVersion": api_version, "items": items.collect::<Vec<_>>(),
            "metadata": metadata,
        });
        Ok(json_response(200, &body))
    }

    fn wants_metadata_only(&self) -> bool {
        self.header(header::ACCEPT).contains("as=PartialObjectMetadataList")
    }

    /// The parameters `force` and `fieldValidation` make no difference: managers never conflict, and
    /// fields are not validated.
    fn apply(&self, cluster: &mut ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, name, .. } = self.path;
        self.query.check_names(&["fieldManager", "force", "fieldValidation", "dryRun"])?;
        if self.header(header::CONTENT_TYPE) != APPLY {
            return Err(ApiError::not_simulated("a patch that is no server-side apply"));
        }
        let field_manager = self.query.get("fieldManager");
        let mode = match self.query.get("dryRun") {
            "" => ApplyMode::Persist,
            _ => ApplyMode::DryRun,
        };
        let apply = Apply { resource, namespace, name, field_manager, mode };
        // The body is YAML in the API, of which JSON is a subset.
        match cluster.apply(&apply, json_body(self.http)?)? {
            Applied::Created(object) => Ok(json_response(201, &object)),
            Applied::Updated(object) => Ok(json_response(200, &object)),
        }
    }

    /// A header. Empty if it is missing.
    fn header(&self, name: header::HeaderName) -> &str {
        let value = self.http.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sorts as the store does: `!` is before all characters of names.
fn full_name(object: &Value) -> String {
    format!("{}!{}", namespace(object), name(object))
}

/// Parses `name=value`, several separated by commas.
fn label_selector(text: &str) -> Result<Vec<(&str, &str)>, ApiError> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once('=') {
            Some((name, value)) if !name.ends_with('!') && !value.starts_with('=') => {
                Ok((name, value))
            }
            _ => Err(ApiError::not_simulated(&format!("the selector {part}"))),
        })
        .collect()
}
