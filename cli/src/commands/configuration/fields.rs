//! The saved configuration of a service as the fields of the API, and changes of it.

use crate::commands::deploy::saved::Fields;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SCALING: [&str; 3] = ["min_replicas", "max_replicas", "target_cpu_percent"];

pub fn variables(fields: &Fields) -> BTreeMap<String, String> {
    let variables = fields.get("env_vars").and_then(Value::as_object);
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    variables.into_iter().flatten().filter_map(text).collect()
}

/// Sets variables, or removes those without a value.
pub fn change_variables(fields: &mut Fields, changes: &BTreeMap<String, Option<String>>) {
    let mut variables = variables(fields);
    for (name, value) in changes {
        match value {
            Some(value) => variables.insert(name.clone(), value.clone()),
            None => variables.remove(name),
        };
    }
    fields.insert("env_vars".into(), json!(variables));
}

/// How many pods a service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Fixed(u32),
    Automatic { min: u32, max: u32 },
}

pub fn change_scale(fields: &mut Fields, scale: Scale) {
    match scale {
        Scale::Fixed(replicas) => {
            for field in SCALING {
                fields.remove(field);
            }
            fields.insert("enable_autoscaling".into(), json!(false));
            fields.insert("replicas".into(), json!(replicas));
        }
        Scale::Automatic { min, max } => {
            // The autoscaler decides it.
            fields.remove("replicas");
            fields.insert("enable_autoscaling".into(), json!(true));
            fields.insert("min_replicas".into(), json!(min));
            fields.insert("max_replicas".into(), json!(max));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(fields) = value else { unreachable!("{value}") };
        fields
    }

    #[test]
    fn variables_are_set_and_removed() {
        let mut saved =
            fields(json!({ "env_vars": { "A": "1", "B": "2", "C": "3" }, "replicas": 2 }));
        let changes = [("A", Some("x")), ("B", None), ("D", Some("")), ("E", None)];
        let changes = changes.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        change_variables(&mut saved, &changes.into());
        let expected = json!({ "env_vars": { "A": "x", "C": "3", "D": "" }, "replicas": 2 });
        assert_eq!(saved, fields(expected));
    }

    #[test]
    fn the_number_of_pods_is_fixed_or_between_limits() {
        let mut saved = fields(json!({ "enable_autoscaling": false, "replicas": 2 }));
        change_scale(&mut saved, Scale::Automatic { min: 2, max: 5 });
        let expected = json!({ "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 5 });
        assert_eq!(saved, fields(expected));
        change_scale(&mut saved, Scale::Fixed(3));
        assert_eq!(saved, fields(json!({ "enable_autoscaling": false, "replicas": 3 })));
    }
}
