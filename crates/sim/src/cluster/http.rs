//! The routes of the API server: authenticate, authorize, and hand over to the model.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::access::Caller;
use super::hub::ClusterHub;
use super::json::put;
use super::model::Model;
use super::path::{Query, Target, find, is_of_objects, query};
use super::select::Selector;
use super::status::{Cause, Refusal, reply};
use super::write::{FieldValidation, Intent, Outcome};
use super::{admission, discovery, logs, pages};

/// Everything that is served on the cluster's port.
pub fn router(hub: &Arc<ClusterHub>) -> Router {
    Router::new().fallback(serve).with_state(hub.clone())
}

async fn serve(State(hub): State<Arc<ClusterHub>>, request: Request) -> Response {
    let delay = hub.model().delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let auth = |headers: &HeaderMap, _: &str| match headers.contains_key(header::AUTHORIZATION) {
        true => "bearer",
        false => "none",
    };
    let answer = async |request: axum::http::Request<Bytes>| {
        answer(&hub, &request).unwrap_or_else(IntoResponse::into_response)
    };
    hub.traffic.carry(hub.now(), auth, request, answer).await
}

fn answer(
    hub: &Arc<ClusterHub>,
    request: &axum::http::Request<Bytes>,
) -> Result<Response, Refusal> {
    let path = request.uri().path();
    if let Some(health) = discovery::health(path) {
        return Ok(health);
    }
    let mut model = hub.model();
    let caller = model.caller(request.headers())?;
    if request.method() == Method::POST && !caller.is_anonymous() {
        match path {
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
                return Ok(reply(201, &model.review(&caller, &body(request)?)));
            }
            "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
                return Ok(reply(201, &caller.review()));
            }
            _ => {}
        }
    }
    if !is_of_objects(path) {
        caller.may_see(path, &request.method().as_str().to_lowercase())?;
    }
    if let Some(found) = discovery::find(path, model.gateway_api) {
        return Ok(reply(200, &found));
    }
    let target = find(path, model.gateway_api)?;
    let query = query(request.uri().query().unwrap_or_default());
    if target.subresource == "log" {
        model.may(&caller, "get", target.resource, "log", (target.namespace, target.name))?;
        let log = model.log(target.namespace, target.name, &query)?;
        drop(model);
        // The real one has nothing to say of a pod that nobody runs.
        let stream = |log| logs::stream(hub.clone(), log);
        return Ok(log.map_or_else(|| StatusCode::NO_CONTENT.into_response(), stream));
    }
    let asked = Asked { caller, target, query, request, now: hub.now() };
    asked.carry_out(&mut model)
}

struct Asked<'a> {
    caller: Caller,
    target: Target<'a>,
    query: Query,
    request: &'a axum::http::Request<Bytes>,
    now: jiff::Timestamp,
}

impl Asked<'_> {
    fn carry_out(&self, model: &mut Model) -> Result<Response, Refusal> {
        let Target { resource, namespace, name, subresource } = self.target;
        let verb = match (self.request.method().as_str(), name) {
            ("GET", "") => "list",
            ("GET", _) => "get",
            ("POST", "") => "create",
            ("PUT", name) if !name.is_empty() => "update",
            ("PATCH", name) if !name.is_empty() => "patch",
            ("DELETE", "") => "deletecollection",
            ("DELETE", _) => "delete",
            _ => return Err(Refusal::method()),
        };
        // A namespace is in itself, as far as rights are concerned.
        let scope = if resource.namespaced { namespace } else { name };
        model.may(&self.caller, verb, resource, subresource, (scope, name))?;
        match verb {
            "list" => self.list(model),
            "get" => {
                let found = model.store.get(resource, namespace, name).cloned();
                let found = found.ok_or_else(|| Refusal::not_found(resource, name))?;
                Ok(reply(200, &found))
            }
            "deletecollection" => {
                let selector = self.selector()?;
                let all: Vec<Value> =
                    model.store.list(resource, Some(namespace)).cloned().collect();
                let all: Vec<Value> = all.into_iter().filter(|it| selector.fits(it)).collect();
                for object in &all {
                    let name = super::json::name(object);
                    model.delete(resource, (namespace, name), &self.options()?, self.now)?;
                }
                let meta = json!({"resourceVersion": model.store.version()});
                Ok(self.listed(meta, all))
            }
            "delete" => {
                let options = self.options()?;
                let done = model.delete(resource, (namespace, name), &options, self.now)?;
                Ok(reply(200, &done))
            }
            _ => self.write(model, verb),
        }
    }

    fn write(&self, model: &mut Model, verb: &str) -> Result<Response, Refusal> {
        let media = self.header(header::CONTENT_TYPE);
        let media = media.split(';').next().unwrap_or_default().trim();
        let applies = media == "application/apply-patch+yaml";
        if verb == "patch" && !applies && !media.ends_with("merge-patch+json") {
            return Err(Refusal::media_type());
        }
        let agent = self.header(header::USER_AGENT).split('/').next().unwrap_or_default();
        let manager = self.get("fieldManager");
        if applies && manager.is_empty() {
            let cause = Cause::required("fieldManager", "is required for apply patch");
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        if !applies && verb == "patch" && !self.get("force").is_empty() {
            let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        let dry_run = self.get("dryRun");
        if !["", "All"].contains(&dry_run) {
            let cause = Cause::not_supported("dryRun", &json!([dry_run]), &["All"]);
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
        }
        let Target { resource, namespace, name, subresource } = self.target;
        let manager = if manager.is_empty() { agent } else { manager };
        let intent = Intent {
            subresource,
            dry_run: dry_run == "All",
            force: self.get("force") == "true",
            validation: match self.get("fieldValidation") {
                "Strict" => FieldValidation::Strict,
                "Ignore" => FieldValidation::Ignore,
                _ => FieldValidation::Warn,
            },
            ..Intent::new(resource, namespace, name, manager, self.now)
        };
        let object = match (applies, serde_json::from_slice::<Value>(self.request.body())) {
            (_, Ok(object)) if object.is_object() => object,
            (true, Ok(_)) => {
                return Err(Refusal::bad_request(
                    "error decoding YAML: error \
                unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type \
                map[string]interface {}",
                ));
            }
            (true, Err(error)) => {
                return Err(Refusal::bad_request(format!(
                    "error decoding YAML: error converting YAML to JSON: yaml: {error}"
                )));
            }
            (false, _) => {
                return Err(Refusal::bad_request(format!(
                    "the object provided is unrecognized (must be of type {}): couldn't get \
                     version/kind; json parse error",
                    resource.kind
                )));
            }
        };
        let of = if name.is_empty() { super::json::name(&object) } else { name };
        admission::check_fence(model, resource, of)?;
        if resource.plural == "rolebindings" {
            model.may_bind(&self.caller, resource, namespace, &object)?;
        }
        let outcome = match verb {
            "create" => model.create(&intent, object)?,
            "update" => model.replace(&intent, object)?,
            _ if applies => {
                if model.store.get(resource, namespace, name).is_none() {
                    model.may(&self.caller, "create", resource, "", (namespace, name))?;
                }
                model.apply(&intent, object)?
            }
            _ => model.patch(&intent, &object, media.contains("strategic"))?,
        };
        Ok(written(&outcome))
    }

    fn list(&self, model: &Model) -> Result<Response, Refusal> {
        let Target { resource, namespace, .. } = self.target;
        if self.get("watch") == "true" {
            return Err(Refusal::bad_request("watching is not simulated"));
        }
        let selector = self.selector()?;
        let wanted = Some(namespace).filter(|namespace| !namespace.is_empty());
        let all = model.store.list(resource, wanted).filter(|object| selector.fits(object));
        let mut items: Vec<Value> = all.cloned().collect();
        let mut meta = json!({"resourceVersion": model.store.version()});
        let from = pages::begin(self.get("continue"))?;
        items.drain(..from.min(items.len()));
        let limit: usize = self.get("limit").parse().unwrap_or_default();
        if limit > 0 && items.len() > limit {
            put(&mut meta, "/continue", pages::token(from + limit));
            // The real one cannot count what a selector leaves.
            if self.get("labelSelector").is_empty() && self.get("fieldSelector").is_empty() {
                put(&mut meta, "/remainingItemCount", json!(items.len() - limit));
            }
            items.truncate(limit);
        }
        Ok(self.listed(meta, items))
    }

    fn listed(&self, meta: Value, mut items: Vec<Value>) -> Response {
        let resource = self.target.resource;
        if !resource.is_custom() {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("apiVersion");
                item.remove("kind");
            }
        }
        let kind = format!("{}List", resource.kind);
        reply(
            200,
            &json!({
                "kind": kind, "apiVersion": resource.api_version(), "metadata": meta,
                "items": items,
            }),
        )
    }

    fn selector(&self) -> Result<Selector, Refusal> {
        let (labels, fields) = (self.get("labelSelector"), self.get("fieldSelector"));
        Selector::read(self.target.resource.plural, labels, fields).map_err(Refusal::bad_request)
    }

    /// `DeleteOptions` from the body, or from the query.
    fn options(&self) -> Result<Value, Refusal> {
        if !self.request.body().is_empty() {
            return body(self.request);
        }
        let mut options = json!({});
        for field in ["propagationPolicy"] {
            if !self.get(field).is_empty() {
                put(&mut options, &format!("/{field}"), json!(self.get(field)));
            }
        }
        if let Ok(seconds) = self.get("gracePeriodSeconds").parse::<i64>() {
            put(&mut options, "/gracePeriodSeconds", json!(seconds));
        }
        if !self.get("dryRun").is_empty() {
            put(&mut options, "/dryRun", json!([self.get("dryRun")]));
        }
        Ok(options)
    }

    fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn header(&self, name: header::HeaderName) -> &str {
        let value = self.request.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn written(outcome: &Outcome) -> Response {
    let mut response = reply(if outcome.created { 201 } else { 200 }, &outcome.object);
    for warning in &outcome.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

fn body(request: &axum::http::Request<Bytes>) -> Result<Value, Refusal> {
    serde_json::from_slice(request.body()).map_err(|error| {
        Refusal::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
    })
}
