//! A request to objects of a resource: its verb, its options and its response.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::continue_token;
use super::path::{Query, ResourcePath};
use super::selectors::Selector;
use crate::kubernetes::admission;
use crate::kubernetes::api_error::{ApiError, StatusCause, json_response};
use crate::kubernetes::auth::authentication::Caller;
use crate::kubernetes::json::{name, put};
use crate::kubernetes::state::ClusterState;
use crate::kubernetes::write::request::{FieldValidation, WriteRequest, WriteResult};

pub struct ResourceRequest<'a> {
    pub caller: Caller,
    pub path: ResourcePath<'a>,
    pub query: Query,
    pub http: &'a axum::http::Request<Bytes>,
    pub now: Timestamp,
}

impl ResourceRequest<'_> {
    pub fn handle(&self, cluster: &mut ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, name, subresource } = self.path;
        let verb = match (self.http.method().as_str(), name) {
            ("GET", "") => "list",
            ("GET", _) => "get",
            ("POST", "") => "create",
            ("PUT", name) if !name.is_empty() => "update",
            ("PATCH", name) if !name.is_empty() => "patch",
            ("DELETE", "") => "deletecollection",
            ("DELETE", _) => "delete",
            _ => return Err(ApiError::method_not_allowed()),
        };
        // For authorization, a Namespace is in itself.
        let scope = if resource.namespaced { namespace } else { name };
        cluster.authorize(&self.caller, verb, resource, subresource, (scope, name))?;
        match verb {
            "list" => self.list(cluster),
            "get" => {
                let object = cluster.store.get(resource, namespace, name).cloned();
                let object = object.ok_or_else(|| ApiError::not_found(resource, name))?;
                Ok(json_response(200, &object))
            }
            "deletecollection" => self.delete_collection(cluster),
            "delete" => {
                let options = self.delete_options()?;
                let body = cluster.delete(resource, (namespace, name), &options, self.now)?;
                Ok(json_response(200, &body))
            }
            _ => self.write(cluster, verb),
        }
    }

    fn list(&self, cluster: &ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, .. } = self.path;
        if self.query("watch") == "true" {
            return Err(ApiError::bad_request("watching is not simulated"));
        }
        let selector = self.selector()?;
        let only_namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let objects = cluster.store.list(resource, only_namespace);
        let mut items: Vec<Value> =
            objects.filter(|object| selector.matches(object)).cloned().collect();
        let mut metadata = json!({"resourceVersion": cluster.store.resource_version()});
        let first = continue_token::decode(self.query("continue"))?;
        items.drain(..first.min(items.len()));
        let limit: usize = self.query("limit").parse().unwrap_or_default();
        if limit > 0 && items.len() > limit {
            put(&mut metadata, "/continue", continue_token::encode(first + limit));
            // The real server omits the count if there is a selector.
            if self.query("labelSelector").is_empty() && self.query("fieldSelector").is_empty() {
                put(&mut metadata, "/remainingItemCount", json!(items.len() - limit));
            }
            items.truncate(limit);
        }
        Ok(self.list_response(metadata, items))
    }

    fn delete_collection(&self, cluster: &mut ClusterState) -> Result<Response, ApiError> {
        let ResourcePath { resource, namespace, .. } = self.path;
        let selector = self.selector()?;
        let objects: Vec<Value> = cluster.store.list(resource, Some(namespace)).cloned().collect();
        let objects: Vec<Value> =
            objects.into_iter().filter(|object| selector.matches(object)).collect();
        for object in &objects {
            let options = self.delete_options()?;
            cluster.delete(resource, (namespace, name(object)), &options, self.now)?;
        }
        let metadata = json!({"resourceVersion": cluster.store.resource_version()});
        Ok(self.list_response(metadata, objects))
    }

    fn list_response(&self, metadata: Value, mut items: Vec<Value>) -> Response {
        let resource = self.path.resource;
        if !resource.is_custom() {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("apiVersion");
                item.remove("kind");
            }
        }
        let kind = format!("{}List", resource.kind);
        json_response(
            200,
            &json!({
                "kind": kind, "apiVersion": resource.api_version(), "metadata": metadata,
                "items": items,
            }),
        )
    }

    /// Handles the verbs create, update and patch.
    fn write(&self, cluster: &mut ClusterState, verb: &str) -> Result<Response, ApiError> {
        let media_type = self.header(header::CONTENT_TYPE);
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let is_apply = media_type == "application/apply-patch+yaml";
        if verb == "patch" && !is_apply && !media_type.ends_with("merge-patch+json") {
            return Err(ApiError::unsupported_media_type());
        }
        let request = self.write_request(verb, is_apply)?;
        let object = self.object(is_apply)?;
        let ResourcePath { resource, namespace, name, .. } = self.path;
        let object_name =
            if name.is_empty() { crate::kubernetes::json::name(&object) } else { name };
        admission::check_platform_policy(cluster, resource, object_name)?;
        if resource.plural == "rolebindings" {
            cluster.check_escalation(&self.caller, resource, namespace, &object)?;
        }
        let result = match verb {
            "create" => cluster.create(&request, object)?,
            "update" => cluster.replace(&request, object)?,
            _ if is_apply => {
                if cluster.store.get(resource, namespace, name).is_none() {
                    cluster.authorize(&self.caller, "create", resource, "", (namespace, name))?;
                }
                cluster.apply(&request, object)?
            }
            _ => cluster.patch(&request, &object, media_type.contains("strategic"))?,
        };
        Ok(write_response(&result))
    }

    fn write_request(&self, verb: &str, is_apply: bool) -> Result<WriteRequest<'_>, ApiError> {
        let invalid = |cause| ApiError::invalid("meta.k8s.io", "PatchOptions", "", &[cause]);
        let manager = self.query("fieldManager");
        if is_apply && manager.is_empty() {
            return Err(invalid(StatusCause::required(
                "fieldManager",
                "is required for apply patch",
            )));
        }
        if !is_apply && verb == "patch" && !self.query("force").is_empty() {
            let detail = "may not be specified for non-apply patch";
            return Err(invalid(StatusCause::forbidden("force", detail)));
        }
        let dry_run = self.query("dryRun");
        if !["", "All"].contains(&dry_run) {
            return Err(invalid(StatusCause::not_supported("dryRun", &json!([dry_run]), &["All"])));
        }
        let ResourcePath { resource, namespace, name, subresource } = self.path;
        let user_agent = self.header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let manager = if manager.is_empty() { user_agent } else { manager };
        Ok(WriteRequest {
            subresource,
            dry_run: dry_run == "All",
            force: self.query("force") == "true",
            field_validation: match self.query("fieldValidation") {
                "Strict" => FieldValidation::Strict,
                "Ignore" => FieldValidation::Ignore,
                _ => FieldValidation::Warn,
            },
            ..WriteRequest::new(resource, namespace, name, manager, self.now)
        })
    }

    /// The object in the body. An applied object is YAML in the API, of which JSON is a subset; other
    /// YAML is not simulated.
    fn object(&self, is_apply: bool) -> Result<Value, ApiError> {
        match (is_apply, serde_json::from_slice::<Value>(self.http.body())) {
            (_, Ok(object)) if object.is_object() => Ok(object),
            (true, Ok(_)) => Err(ApiError::bad_request(
                "error decoding YAML: error \
                unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type \
                map[string]interface {}",
            )),
            (true, Err(error)) => Err(ApiError::bad_request(format!(
                "error decoding YAML: error converting YAML to JSON: yaml: {error}"
            ))),
            (false, _) => Err(ApiError::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): couldn't get \
                 version/kind; json parse error",
                self.path.resource.kind
            ))),
        }
    }

    fn selector(&self) -> Result<Selector, ApiError> {
        let (labels, fields) = (self.query("labelSelector"), self.query("fieldSelector"));
        Selector::parse(self.path.resource.plural, labels, fields).map_err(ApiError::bad_request)
    }

    /// `DeleteOptions` from the body or from the query.
    fn delete_options(&self) -> Result<Value, ApiError> {
        if !self.http.body().is_empty() {
            return json_body(self.http);
        }
        let mut options = json!({});
        let policy = self.query("propagationPolicy");
        if !policy.is_empty() {
            put(&mut options, "/propagationPolicy", json!(policy));
        }
        if let Ok(seconds) = self.query("gracePeriodSeconds").parse::<i64>() {
            put(&mut options, "/gracePeriodSeconds", json!(seconds));
        }
        if !self.query("dryRun").is_empty() {
            put(&mut options, "/dryRun", json!([self.query("dryRun")]));
        }
        Ok(options)
    }

    /// A query parameter. Empty if it is missing.
    fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// A header. Empty if it is missing.
    fn header(&self, name: HeaderName) -> &str {
        let value = self.http.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn write_response(result: &WriteResult) -> Response {
    let mut response = json_response(if result.created { 201 } else { 200 }, &result.object);
    for warning in &result.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

pub fn json_body(request: &axum::http::Request<Bytes>) -> Result<Value, ApiError> {
    serde_json::from_slice(request.body()).map_err(|error| {
        ApiError::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
    })
}
