//! An OpenAPI document, and what it says about a request and its answer.

use crate::schema::{Fields, compile};
use crate::{Exchange, path};
use jsonschema::Validator;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub struct Description {
    document: Value,
    /// By what they describe; compiled when they are first needed.
    compiled: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// A request as it is described.
struct Operation<'a> {
    /// `GET /repos/{owner}/{repo}`
    name: String,
    described: &'a Value,
}

impl Description {
    pub fn new(document: Value) -> Self {
        Self { document, compiled: Mutex::default() }
    }

    /// Whether a request is one that is described, in its query and its body, too.
    pub fn asked(&self, method: &str, path: &str, body: &Value) -> Result<(), String> {
        let operation = self.operation(method, path)?;
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let known: Vec<_> = self.all(&operation.described["parameters"]).collect();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or_default();
            if !known.iter().any(|one| one["in"] == "query" && one["name"] == name) {
                return Err(format!("{} has no parameter {name}", operation.name));
            }
        }
        let described = &operation.described["requestBody"];
        match &described["content"]["application/json"]["schema"] {
            _ if body.is_null() && described["required"] == true => {
                Err(format!("{} needs a body", operation.name))
            }
            _ if body.is_null() => Ok(()),
            Value::Null => Err(format!("{} takes no JSON", operation.name)),
            schema => self.check(&format!("{} request", operation.name), schema, body),
        }
    }

    /// Whether an answer is as it is described; what it is in short.
    pub fn answered(&self, exchange: &Exchange) -> Result<String, String> {
        let operation = match self.operation(exchange.method, exchange.path) {
            // To a path that it does not know, GitHub says just that.
            Err(_) if exchange.status == 404 => return Ok("404".to_owned()),
            known => known?,
        };
        let about = format!("{} {}", operation.name, exchange.status);
        let described = &operation.described["responses"][exchange.status.to_string()];
        let described = match (self.resolved(described), exchange.status) {
            // What GitHub may say to anything it does not describe each time, or not whole.
            (Value::Null, 304) => self.usual("not_modified"),
            (Value::Null, 400..=599) => self.usual("not_found"),
            (Value::Null, _) => return Err(format!("{about}: there is no such answer")),
            (bare, 400..=599) if bare["content"].is_null() => self.usual("not_found"),
            (described, _) => described,
        };
        self.check_answer(about, described, exchange)
    }

    fn usual(&self, name: &str) -> &Value {
        &self.document["components"]["responses"][name]
    }

    /// Whether a webhook is as it is described; what it is in short. GitHub's own examples have fields
    /// that the description lacks, as `display_title`.
    pub fn told(&self, event: &str, action: Option<&str>, body: &Value) -> Result<String, String> {
        let name = [Some(event), action].into_iter().flatten().collect::<Vec<_>>().join("-");
        let name = name.replace('_', "-");
        let described = &self.document["x-webhooks"][&name]["post"]["requestBody"];
        match &described["content"]["application/json"]["schema"] {
            Value::Null => Err(format!("there is no webhook {name}")),
            schema => {
                let checked = self.check_with(Fields::Any, &name, schema, body);
                checked.map(|()| format!("webhook {name}"))
            }
        }
    }

    fn check_answer(
        &self,
        about: String,
        described: &Value,
        exchange: &Exchange,
    ) -> Result<String, String> {
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header);
            match exchange.headers.get(&name.to_lowercase()) {
                Some(value) => {
                    let number =
                        value.parse().ok().filter(|_| header["schema"]["type"] == "integer");
                    let value = number.map_or_else(|| value.clone().into(), Value::Number);
                    self.check(&format!("{about} {name}"), &header["schema"], &value)?;
                }
                None if header["required"] == true => return Err(format!("{about} has no {name}")),
                None => {}
            }
        }
        if exchange.method == "HEAD" {
            return Ok(about);
        }
        let kind = exchange.headers.get("content-type").map_or("", String::as_str);
        let kind = kind.split(';').next().unwrap_or_default();
        let contents = described["content"].as_object().filter(|contents| !contents.is_empty());
        match contents.map(|contents| contents.get(kind)) {
            None if exchange.body.is_empty() || exchange.status == 302 => Ok(()),
            None => Err(format!("{about} has a body, and should have none")),
            Some(None) => Err(format!("{about} is \"{kind}\", which is not described")),
            Some(Some(content)) if kind.ends_with("json") => {
                let mut body: Value = serde_json::from_slice(exchange.body)
                    .map_err(|error| format!("{about} is no JSON: {error}"))?;
                // Every refusal holds its status, which is not described of every one.
                let status = Value::from(exchange.status.to_string());
                if exchange.status >= 400 && body["status"] == status {
                    body.as_object_mut().unwrap().remove("status");
                }
                self.check(&format!("{about} {kind}"), &content["schema"], &body)
            }
            Some(Some(_)) => Ok(()),
        }
        .map(|()| about)
    }

    fn operation(&self, method: &str, path: &str) -> Result<Operation<'_>, String> {
        let path = path.split('?').next().unwrap_or_default();
        let paths = self.document["paths"].as_object().unwrap();
        let method = method.to_lowercase();
        let with = paths.iter().filter(|(_, known)| known[&method].is_object());
        let template = path::meant(with.map(|(template, _)| template), path)
            .ok_or_else(|| format!("there is no {method} {path}"))?;
        let described = &paths[template][&method];
        let name = format!("{} {template}", method.to_uppercase());
        match described["deprecated"] == true {
            true => Err(format!("{name} is deprecated")),
            false => Ok(Operation { name, described }),
        }
    }

    fn check(&self, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        self.check_with(Fields::Described, name, schema, value)
    }

    /// `name` is the schema's own: it is compiled once.
    fn check_with(
        &self,
        fields: Fields,
        name: &str,
        schema: &Value,
        value: &Value,
    ) -> Result<(), String> {
        let known = self.compiled.lock().unwrap().get(name).cloned();
        let validator = known.unwrap_or_else(|| {
            let new = Arc::new(compile(schema, &self.document["components"], fields));
            self.compiled.lock().unwrap().insert(name.to_owned(), new.clone());
            new
        });
        let faults: Vec<_> = validator
            .iter_errors(value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(format!("{name}:\n  {}\nin {value:#}", faults.join("\n  "))),
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(at) => self.document.pointer(at.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    fn all<'a>(&'a self, list: &'a Value) -> impl Iterator<Item = &'a Value> {
        list.as_array().into_iter().flatten().map(|one| self.resolved(one))
    }
}
