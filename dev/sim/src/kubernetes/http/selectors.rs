//! Label and field selectors of lists.

use serde_json::Value;

use crate::kubernetes::json::{label, text};

#[derive(Debug, PartialEq, Eq)]
enum LabelRequirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    DoesNotExist(String),
}

/// Requirements that an object must all meet.
#[derive(Debug, Default)]
pub struct Selector {
    labels: Vec<LabelRequirement>,
    fields: Vec<FieldRequirement>,
}

/// The fields that selectors may contain, by resource. The first ones are valid for all resources.
const FIELDS: [(&str, &[&str]); 4] = [
    ("", &["metadata.name", "metadata.namespace"]),
    ("services", &["spec.clusterIP", "spec.type"]),
    (
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
    ),
    (
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
];

#[derive(Debug)]
struct FieldRequirement {
    /// `metadata.name`
    field: String,
    value: String,
    /// Whether the field must be equal to the value, or different from it.
    is_equal: bool,
}

impl Selector {
    /// # Errors
    /// With the real server's message.
    pub fn parse(plural: &str, labels: &str, fields: &str) -> Result<Self, String> {
        Ok(Self { labels: parse_labels(labels)?, fields: parse_fields(plural, fields)? })
    }

    pub fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|label| label.matches(object))
            && self.fields.iter().all(|required| {
                let pointer = format!("/{}", required.field.replace('.', "/"));
                (text(object, &pointer) == required.value) == required.is_equal
            })
    }
}

impl LabelRequirement {
    fn matches(&self, object: &Value) -> bool {
        let value = |key: &str| label(object, key);
        match self {
            Self::In(key, values) => {
                value(key).is_some_and(|found| values.iter().any(|value| value == found))
            }
            Self::NotIn(key, values) => {
                value(key).is_none_or(|found| values.iter().all(|value| value != found))
            }
            Self::Exists(key) => value(key).is_some(),
            Self::DoesNotExist(key) => value(key).is_none(),
        }
    }
}

fn parse_labels(text: &str) -> Result<Vec<LabelRequirement>, String> {
    let mut depth = 0_i32;
    let parts = text.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(parse_label).collect()
}

fn parse_label(part: &str) -> Result<LabelRequirement, String> {
    let key_and_value =
        |(key, value): (&str, &str)| (key.trim().to_owned(), vec![value.trim().to_owned()]);
    if let Some((key, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match key.trim().rsplit_once(' ') {
            Some((key, "in")) => Ok(LabelRequirement::In(key.trim().to_owned(), values)),
            Some((key, "notin")) => Ok(LabelRequirement::NotIn(key.trim().to_owned(), values)),
            _ => Err(unknown_operator(key)),
        };
    }
    let label = if let Some(split) = part.split_once("!=") {
        let (key, values) = key_and_value(split);
        LabelRequirement::NotIn(key, values)
    } else if let Some(split) = part.split_once("==").or_else(|| part.split_once('=')) {
        let (key, values) = key_and_value(split);
        LabelRequirement::In(key, values)
    } else if let Some(key) = part.strip_prefix('!') {
        LabelRequirement::DoesNotExist(key.trim().to_owned())
    } else {
        LabelRequirement::Exists(part.to_owned())
    };
    match &label {
        LabelRequirement::Exists(key) if key.contains(' ') => {
            let (_, rest) = key.split_once(' ').unwrap_or_default();
            Err(unknown_operator(rest))
        }
        LabelRequirement::In(_, values) | LabelRequirement::NotIn(_, values) => {
            let second_operator = ["!=", "==", "="]
                .into_iter()
                .find(|operator| values.iter().any(|value| value.contains(operator)));
            match second_operator {
                Some(operator) => {
                    Err(format!("found '{operator}', expected: ',' or 'end of string'"))
                }
                None => Ok(label),
            }
        }
        _ => Ok(label),
    }
}

fn unknown_operator(found: &str) -> String {
    format!("unable to parse requirement: found '{found}', expected: in, notin, =, ==, !=, gt, lt")
}

fn parse_fields(plural: &str, text: &str) -> Result<Vec<FieldRequirement>, String> {
    let mut fields = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let split =
            part.split_once("!=").map(|(field, value)| (field, false, value)).or_else(|| {
                let split = part.split_once("==").or_else(|| part.split_once('='));
                split.map(|(field, value)| (field, true, value))
            });
        let Some((field, is_equal, value)) = split else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        let is_supported = FIELDS.iter().any(|(resource, fields)| {
            (resource.is_empty() || *resource == plural) && fields.contains(&field)
        });
        let is_supported = is_supported
            || (plural == "namespaces" && field == "status.phase")
            || (plural == "secrets" && field == "type")
            || (plural == "replicasets" && field == "status.replicas");
        if !is_supported {
            return Err(format!("field label not supported: {field}"));
        }
        fields.push(FieldRequirement {
            field: field.to_owned(),
            value: value.to_owned(),
            is_equal,
        });
    }
    Ok(fields)
}
