//! What a file changes of what is saved of a service.

use super::{
    FileService,
    names::{CUSTOM_DOMAIN, build_fields},
    service::read_build,
};
use crate::{
    builds::is_dockerfile_of,
    deployments::{ServiceConfiguration, check_configuration},
    fields::Fields,
    name::ServiceName,
    services::source_fields,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Fields as the API shows them.
type Shown = Map<String, Value>;

/// A field that changes. `env_vars.NAME` for an entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: String,
    /// `None`: it has no value.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl FileService {
    /// What it changes of a saved source. `saved` are the fields of `source` of the API's `Service`, with its
    /// `watch_paths`.
    pub fn source_changes(&self, service: &ServiceName, saved: &Shown) -> Vec<FieldChange> {
        let saved = source_request(saved);
        let mut request = Fields::from_map(saved.clone());
        self.apply_to_source(&mut request);
        let request = request.into_map();
        let before = shown_source(saved.clone(), service).unwrap_or(saved);
        let after = shown_source(request.clone(), service).unwrap_or(request);
        differences(&before, &after)
    }

    /// What it changes of a saved configuration; nothing if it has none. `saved` is `configuration` of the API's
    /// `SavedConfiguration`.
    pub fn configuration_changes(&self, service: &ServiceName, saved: &Shown) -> Vec<FieldChange> {
        if self.deployment.is_none() {
            return Vec::new();
        }
        let request = self.configuration_request(saved);
        let before = shown_configuration(saved.clone(), service).unwrap_or_else(|| saved.clone());
        let after = shown_configuration(request.clone(), service).unwrap_or(request);
        differences(&before, &after)
    }

    /// The request that saves its configuration in place of `saved`.
    pub fn configuration_request(&self, saved: &Shown) -> Shown {
        let mut request = Fields::from_map(saved.clone());
        self.apply_to_configuration(&mut request);
        request.into_map()
    }
}

/// The request that saves a source which is shown like this. The Dockerfile in the context follows the context.
fn source_request(shown: &Shown) -> Shown {
    let is_saved = |(field, value): &(&String, &Value)| {
        build_fields().any(|known| known == field.as_str()) && !value.is_null()
    };
    let mut request: Shown = shown
        .iter()
        .filter(is_saved)
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    let text = |field: &str| shown.get(field).and_then(Value::as_str);
    if let (Some(context), Some(path)) = (text("context"), text("dockerfile_path"))
        && is_dockerfile_of(context, path)
    {
        request.remove("dockerfile_path");
    }
    request
}

/// How a source is shown after this request. `None` if a newer platform has values that are not known here.
fn shown_source(request: Shown, service: &ServiceName) -> Option<Shown> {
    let (spec, watch_paths) = read_build(request, service.clone()).ok()?;
    let mut shown = source_fields(&spec, &watch_paths);
    // It follows from the path.
    shown.remove("has_dockerfile");
    Some(shown)
}

/// How a configuration is shown after this request, with all defaults. `None` as in [`shown_source`].
fn shown_configuration(mut request: Shown, service: &ServiceName) -> Option<Shown> {
    // Which domains are allowed is known to the platform only.
    let domain = request.remove(CUSTOM_DOMAIN);
    let spec = check_configuration(Fields::from_map(request), service.clone()).ok()?;
    let mut shown = json!(ServiceConfiguration::new(&spec)).as_object().cloned()?;
    shown.extend(domain.map(|domain| (CUSTOM_DOMAIN.to_owned(), domain)));
    Some(shown)
}

/// The fields that differ, by name. Absent and `null` are the same. Maps are compared by their entries.
fn differences(before: &Shown, after: &Shown) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for field in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let value = |fields: &Shown| fields.get(field).filter(|value| !value.is_null()).cloned();
        match (value(before), value(after)) {
            (before, after) if before == after => {}
            (before, after) if is_map(before.as_ref()) || is_map(after.as_ref()) => {
                let entries = |value: Option<Value>| match value {
                    Some(Value::Object(entries)) => entries,
                    _ => Map::new(),
                };
                let nested = differences(&entries(before), &entries(after)).into_iter();
                changes.extend(nested.map(|change| FieldChange {
                    field: format!("{field}.{}", change.field),
                    ..change
                }));
            }
            (before, after) => changes.push(FieldChange { field: field.clone(), before, after }),
        }
    }
    changes
}

fn is_map(value: Option<&Value>) -> bool {
    value.is_some_and(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::parse;

    fn service(text: &str) -> (ServiceName, FileService) {
        let file = parse(text).unwrap();
        file.services.into_iter().next().unwrap()
    }

    fn object(value: Value) -> Shown {
        value.as_object().cloned().unwrap()
    }

    fn lines(changes: &[FieldChange]) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
        changes
            .iter()
            .map(|it| format!("{} {} {}", it.field, text(&it.before), text(&it.after)))
            .collect()
    }

    fn saved_source() -> Shown {
        object(json!({
            "repository_url": "https://github.com/acme/shop", "repository_id": 7, "branch": null,
            "context": ".", "builder": "dockerfile", "has_dockerfile": true, "dockerfile_path": "Dockerfile",
            "image_tag": "latest", "build_args": {"A": "1", "B": "2"}, "submodules": false, "lfs": false,
            "watch_paths": [], "field_of_a_newer_platform": 1,
        }))
    }

    #[test]
    fn a_file_that_says_what_is_saved_changes_nothing() {
        let (name, file) = service(
            "[services.shop.build]\ncontext = './'\nhas_dockerfile = true\nbuild_args = { A = '1', B = '2' }\n\
             [services.shop.deployment]\nmemory_limit = '1Gi'\ncontainer_port = 8080",
        );
        assert_eq!(file.source_changes(&name, &saved_source()), []);
        let saved = shown_configuration(
            object(json!({"memory_limit": "1Gi", "container_port": 8080})),
            &name,
        );
        assert_eq!(file.configuration_changes(&name, &saved.unwrap()), []);
    }

    #[test]
    fn the_dockerfile_follows_the_context_and_maps_are_compared_by_entry() {
        let (name, file) = service(
            "[services.shop.build]\ncontext = 'web'\nbuild_args = { A = '1', B = '3', C = '4' }\nwatch_paths = ['web/**']",
        );
        let changes = lines(&file.source_changes(&name, &saved_source()));
        let expected = [
            r#"build_args.B "2" "3""#,
            r#"build_args.C - "4""#,
            r#"context "." "web""#,
            r#"dockerfile_path "Dockerfile" "web/Dockerfile""#,
            r#"watch_paths [] ["web/**"]"#,
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn what_the_file_does_not_say_gets_its_default_but_the_domain_stays() {
        let (name, file) = service("[services.shop.deployment]\nreplicas = 3");
        let saved = object(json!({
            "replicas": 2, "container_port": 9000, "custom_domain": "shop.example.org",
            "env_vars": {"COLOUR": "red"},
        }));
        let saved = shown_configuration(saved, &name).unwrap();
        let changes = lines(&file.configuration_changes(&name, &saved));
        assert!(changes.contains(&"replicas 2 3".to_owned()), "{changes:?}");
        assert!(changes.contains(&r#"env_vars.COLOUR "red" -"#.to_owned()), "{changes:?}");
        assert!(
            changes.iter().any(|change| change.starts_with("container_port 9000")),
            "{changes:?}"
        );
        assert!(!changes.iter().any(|change| change.starts_with("custom_domain")), "{changes:?}");
    }

    #[test]
    fn a_file_without_a_configuration_leaves_the_saved_one() {
        let (name, file) = service("[services.shop]");
        let saved = shown_configuration(object(json!({"replicas": 2})), &name).unwrap();
        assert_eq!(file.configuration_changes(&name, &saved), []);
    }
}
