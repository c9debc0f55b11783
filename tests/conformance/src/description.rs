//! An OpenAPI document, and checks of requests and responses against it.

use crate::{
    Exchange, path_template,
    schema::{UndescribedFields, compile},
};
use jsonschema::Validator;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub struct Description {
    document: Value,
    /// By the name of what they describe; compiled when they are first needed.
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// The description of an operation.
struct Operation<'a> {
    /// `GET /repos/{owner}/{repo}`
    name: String,
    value: &'a Value,
}

impl Description {
    pub fn new(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// Checks method, path, query and body of a request.
    pub fn check_request(&self, method: &str, path: &str, body: &Value) -> Result<(), String> {
        let operation = self.operation(method, path)?;
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let parameters: Vec<_> = self.resolved_items(&operation.value["parameters"]).collect();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            if !parameters.iter().any(|p| p["in"] == "query" && p["name"] == name) {
                return Err(format!("{} has no parameter {name}", operation.name));
            }
        }
        let request_body = &operation.value["requestBody"];
        match &request_body["content"]["application/json"]["schema"] {
            _ if body.is_null() && request_body["required"] == true => {
                Err(format!("{} needs a body", operation.name))
            }
            _ if body.is_null() => Ok(()),
            Value::Null => Err(format!("{} takes no JSON", operation.name)),
            schema => self.check(&format!("{} request", operation.name), schema, body),
        }
    }

    /// Checks a response. Returns a summary.
    pub fn check_response(&self, exchange: &Exchange) -> Result<String, String> {
        let operation = match self.operation(exchange.method, exchange.path) {
            // GitHub describes no responses for unknown paths.
            Err(_) if exchange.status == 404 => return Ok("404".to_owned()),
            operation => operation?,
        };
        let summary = format!("{} {}", operation.name, exchange.status);
        let response = &operation.value["responses"][exchange.status.to_string()];
        let response = match (self.resolved(response), exchange.status) {
            // GitHub does not describe these for every operation, or describes them without content.
            (Value::Null, 304) => self.common_response("not_modified"),
            (Value::Null, 301) => self.common_response("moved_permanently"),
            (Value::Null, 307) => self.common_response("temporary_redirect"),
            (Value::Null, 400..=599) => self.common_response("not_found"),
            (Value::Null, _) => return Err(format!("{summary}: no such response is described")),
            (response, 400..=599) if response["content"].is_null() => {
                self.common_response("not_found")
            }
            (response, _) => response,
        };
        self.check_response_as(summary, response, exchange)
    }

    fn common_response(&self, name: &str) -> &Value {
        &self.document["components"]["responses"][name]
    }

    /// Checks the payload of a webhook. Returns a summary. Undescribed fields are allowed, because GitHub's
    /// own examples have some, such as `display_title`.
    pub fn check_webhook(
        &self,
        event: &str,
        action: Option<&str>,
        body: &Value,
    ) -> Result<String, String> {
        let name = [Some(event), action].into_iter().flatten().collect::<Vec<_>>().join("-");
        let name = name.replace('_', "-");
        let request_body = &self.document["x-webhooks"][&name]["post"]["requestBody"];
        match &request_body["content"]["application/json"]["schema"] {
            Value::Null => Err(format!("there is no webhook {name}")),
            schema => {
                let result = self.check_with(UndescribedFields::Allowed, &name, schema, body);
                result.map(|()| format!("webhook {name}"))
            }
        }
    }

    fn check_response_as(
        &self,
        summary: String,
        response: &Value,
        exchange: &Exchange,
    ) -> Result<String, String> {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header);
            match exchange.headers.get(&name.to_lowercase()) {
                Some(value) => {
                    let number =
                        value.parse().ok().filter(|_| header["schema"]["type"] == "integer");
                    let value = number.map_or_else(|| value.clone().into(), Value::Number);
                    self.check(&format!("{summary} {name}"), &header["schema"], &value)?;
                }
                None if header["required"] == true => {
                    return Err(format!("{summary} has no {name}"));
                }
                None => {}
            }
        }
        if exchange.method == "HEAD" {
            return Ok(summary);
        }
        let media_type = exchange.headers.get("content-type").map_or("", String::as_str);
        let media_type = media_type.split(';').next().unwrap_or_default();
        let contents = response["content"].as_object().filter(|contents| !contents.is_empty());
        match contents.map(|contents| contents.get(media_type)) {
            None if exchange.response_body.is_empty() || exchange.status == 302 => Ok(()),
            None => Err(format!("{summary} has a body, and should have none")),
            Some(None) => Err(format!("{summary} is \"{media_type}\", which is not described")),
            Some(Some(content)) if media_type.ends_with("json") => {
                let mut body: Value = serde_json::from_slice(exchange.response_body)
                    .map_err(|error| format!("{summary} is not JSON: {error}"))?;
                // Every error contains its status, but not every description of an error does.
                let status = Value::from(exchange.status.to_string());
                if exchange.status >= 400 && body["status"] == status {
                    body.as_object_mut().unwrap().remove("status");
                }
                self.check(&format!("{summary} {media_type}"), &content["schema"], &body)
            }
            Some(Some(_)) => Ok(()),
        }
        .map(|()| summary)
    }

    fn operation(&self, method: &str, path: &str) -> Result<Operation<'_>, String> {
        let path = path.split('?').next().unwrap_or_default();
        // GitHub redirects to repositories by their number, and describes them by their name.
        let by_name = path.strip_prefix("/repositories/").map(|rest| match rest.split_once('/') {
            Some((_, rest)) => format!("/repos/owner/name/{rest}"),
            None => "/repos/owner/name".to_owned(),
        });
        let path = by_name.as_deref().unwrap_or(path);
        let paths = self.document["paths"].as_object().unwrap();
        let method = method.to_lowercase();
        let candidates = paths.iter().filter(|(_, item)| item[&method].is_object());
        let template = path_template::find(candidates.map(|(template, _)| template), path)
            .ok_or_else(|| format!("there is no {method} {path}"))?;
        let value = &paths[template][&method];
        let name = format!("{} {template}", method.to_uppercase());
        match value["deprecated"] == true {
            true => Err(format!("{name} is deprecated")),
            false => Ok(Operation { name, value }),
        }
    }

    fn check(&self, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        self.check_with(UndescribedFields::Rejected, name, schema, value)
    }

    /// `name` identifies the schema, so that it is compiled only once.
    fn check_with(
        &self,
        undescribed: UndescribedFields,
        name: &str,
        schema: &Value,
        value: &Value,
    ) -> Result<(), String> {
        let cached = self.validators.lock().unwrap().get(name).cloned();
        let validator = cached.unwrap_or_else(|| {
            let validator = Arc::new(compile(schema, &self.document["components"], undescribed));
            self.validators.lock().unwrap().insert(name.to_owned(), validator.clone());
            validator
        });
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(format!("{name}:\n  {}\nin {value:#}", errors.join("\n  "))),
        }
    }

    /// The value, or the target of its reference.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    fn resolved_items<'a>(&'a self, list: &'a Value) -> impl Iterator<Item = &'a Value> {
        list.as_array().into_iter().flatten().map(|item| self.resolved(item))
    }
}
