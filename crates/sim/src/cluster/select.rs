//! Label and field selectors.

use serde_json::Value;

use super::json::text;

/// One condition on a label.
#[derive(Debug, PartialEq, Eq)]
enum Label {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

/// Conditions that an object must all fulfil.
#[derive(Debug, Default)]
pub struct Selector {
    labels: Vec<Label>,
    fields: Vec<(String, bool, String)>,
}

const FIELDS: [(&str, &[&str]); 3] = [
    ("", &["metadata.name", "metadata.namespace"]),
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

impl Selector {
    /// Reads both, or says what is wrong as the server does.
    pub fn read(plural: &str, labels: &str, fields: &str) -> Result<Self, String> {
        Ok(Self {
            labels: read_labels(labels)
                .map_err(|why| format!("unable to parse requirement: {why}"))?,
            fields: read_fields(plural, fields)?,
        })
    }

    pub fn fits(&self, object: &Value) -> bool {
        self.labels.iter().all(|label| label.fits(object))
            && self.fields.iter().all(|(field, equal, wanted)| {
                (text(object, &format!("/{}", field.replace('.', "/"))) == wanted) == *equal
            })
    }
}

impl Label {
    fn fits(&self, object: &Value) -> bool {
        let value = |key: &str| super::json::label(object, key);
        match self {
            Self::In(key, wanted) => value(key).is_some_and(|it| wanted.iter().any(|w| w == it)),
            Self::NotIn(key, wanted) => value(key).is_none_or(|it| wanted.iter().all(|w| w != it)),
            Self::Exists(key) => value(key).is_some(),
            Self::Absent(key) => value(key).is_none(),
        }
    }
}

fn read_labels(text: &str) -> Result<Vec<Label>, String> {
    let mut depth = 0_i32;
    let parts = text.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(read_label).collect()
}

fn read_label(part: &str) -> Result<Label, String> {
    let one = |(key, value): (&str, &str)| (key.trim().to_owned(), vec![value.trim().to_owned()]);
    if let Some((key, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match key.trim().rsplit_once(' ') {
            Some((key, "in")) => Ok(Label::In(key.trim().to_owned(), values)),
            Some((key, "notin")) => Ok(Label::NotIn(key.trim().to_owned(), values)),
            _ => Err(format!("found '{key}', expected: in, notin, =, ==, !=, gt, lt")),
        };
    }
    let label = if let Some(split) = part.split_once("!=") {
        let (key, values) = one(split);
        Label::NotIn(key, values)
    } else if let Some(split) = part.split_once("==").or_else(|| part.split_once('=')) {
        let (key, values) = one(split);
        Label::In(key, values)
    } else if let Some(key) = part.strip_prefix('!') {
        Label::Absent(key.trim().to_owned())
    } else {
        Label::Exists(part.to_owned())
    };
    match &label {
        Label::Exists(key) if key.contains(' ') => {
            let (_, rest) = key.split_once(' ').unwrap_or_default();
            Err(format!("found '{rest}', expected: in, notin, =, ==, !=, gt, lt"))
        }
        _ => Ok(label),
    }
}

fn read_fields(plural: &str, text: &str) -> Result<Vec<(String, bool, String)>, String> {
    let mut fields = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let split =
            part.split_once("!=").map(|(field, value)| (field, false, value)).or_else(|| {
                let split = part.split_once("==").or_else(|| part.split_once('='));
                split.map(|(field, value)| (field, true, value))
            });
        let Some((field, equal, value)) = split else {
            return Err(format!("invalid selector: '{text}'; can't understand '{part}'"));
        };
        let known = FIELDS
            .iter()
            .any(|(of, known)| (of.is_empty() || *of == plural) && known.contains(&field));
        // Every kind has its own list; these two are in nearly all.
        let known = known
            || (plural == "namespaces" && field == "status.phase")
            || (plural == "secrets" && field == "type")
            || (plural == "replicasets" && field == "status.replicas");
        if !known {
            return Err(format!("field label not supported: {field}"));
        }
        fields.push((field.to_owned(), equal, value.to_owned()));
    }
    Ok(fields)
}
