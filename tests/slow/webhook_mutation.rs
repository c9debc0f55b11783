//! Bodies of webhooks that GitHub would not send, made of real ones.

use fastrand::Rng;
use nokube_domain::BuildId;
use serde_json::Value;

/// The name of an event and its body.
pub struct Payload {
    pub event: String,
    /// The build that it is about.
    pub build: Option<BuildId>,
    pub body: Value,
}

/// A changed webhook, and what was changed.
pub struct Mutation {
    pub event: String,
    pub body: Vec<u8>,
    pub change: &'static str,
}

/// Fields that the platform reads. Half of the changes are made to them: a payload has hundreds of others.
const READ: [&str; 22] = [
    "action",
    "completed_at",
    "conclusion",
    "container_metadata",
    "created_at",
    "digest",
    "display_title",
    "full_name",
    "html_url",
    "id",
    "login",
    "name",
    "number",
    "owner",
    "package_version",
    "path",
    "run_attempt",
    "run_id",
    "status",
    "steps",
    "tag",
    "updated_at",
];

/// JSON values that a program could stumble over.
const HOSTILE: [&str; 24] = [
    "null",
    "true",
    "-1",
    "0",
    "-0.0",
    "1.5",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1e999",
    "[]",
    "{}",
    "[null]",
    r#""""#,
    r#""\u0000""#,
    r#""\ud800""#,
    r#""../../../etc/passwd""#,
    r#""';--""#,
    r#""9999-12-31T23:59:59.999999999Z""#,
    r#""-009999-01-01T00:00:00Z""#,
    r#""2026-02-30T00:00:00Z""#,
    r#""NoKube build ""#,
    r#""sha256:""#,
];

/// Stands for the text of a value until it is replaced, because not every text is a [`Value`].
const PLACEHOLDER: &str = "@value@";

impl Mutation {
    /// Changes one of `payloads`. Sometimes it names the build `other` in place of its own.
    pub fn sample(rng: &mut Rng, payloads: &[Payload], other: BuildId) -> Self {
        let payload = rng.choice(payloads).unwrap();
        let (change, body) = match rng.u8(..8) {
            0 => ("bits flipped", flip_bits(rng, text_of(payload))),
            1 => ("truncated", truncate(rng, text_of(payload))),
            2 => ("a piece repeated", repeat_piece(rng, text_of(payload))),
            3 => ("a field twice", repeat_field(rng, &payload.body)),
            4 => ("nested deeply", nest(rng, &text_of(payload))),
            5 if let Some(own) = payload.build => {
                let text = text_of(payload).replace(&own.to_string(), &other.to_string());
                ("another build", text.into_bytes())
            }
            _ => ("another value", replace_value(rng, &payload.body)),
        };
        let event = match rng.u8(..10) {
            0 => rng.choice(payloads).unwrap().event.clone(),
            _ => payload.event.clone(),
        };
        Self { event, body, change }
    }
}

fn text_of(payload: &Payload) -> String {
    payload.body.to_string()
}

fn flip_bits(rng: &mut Rng, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    for _ in 0..rng.usize(1..8) {
        let index = rng.usize(..bytes.len());
        bytes[index] ^= 1 << rng.u8(..8);
    }
    bytes
}

fn truncate(rng: &mut Rng, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    bytes.truncate(rng.usize(..bytes.len()));
    bytes
}

fn repeat_piece(rng: &mut Rng, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    let start = rng.usize(..bytes.len());
    let piece = bytes[start..bytes.len().min(start + rng.usize(1..200))].to_vec();
    bytes.splice(start..start, piece.repeat(rng.usize(1..20)));
    bytes
}

fn nest(rng: &mut Rng, text: &str) -> Vec<u8> {
    let depth: usize = rng.choice([10, 127, 128, 10_000, 100_000]).unwrap();
    match rng.bool() {
        true => format!("{}{text}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes(),
        false => format!("{}{text}{}", r#"{"a":"#.repeat(depth), "}".repeat(depth)).into_bytes(),
    }
}

fn replace_value(rng: &mut Rng, body: &Value) -> Vec<u8> {
    let hostile = hostile_text(rng);
    with_value(rng, body, |_, _| hostile)
}

fn repeat_field(rng: &mut Rng, body: &Value) -> Vec<u8> {
    let hostile = hostile_text(rng);
    with_value(rng, body, |name, value| format!("{value},{}:{hostile}", Value::from(name)))
}

/// Replaces the text of a field's value by `change(name, text)`.
fn with_value(rng: &mut Rng, body: &Value, change: impl FnOnce(&str, String) -> String) -> Vec<u8> {
    let mut fields = Vec::new();
    collect_fields(body, String::new(), &mut fields);
    let read: Vec<_> = fields.iter().filter(|field| READ.contains(&name_of(field))).collect();
    let field = match rng.bool() && !read.is_empty() {
        true => (*rng.choice(&read).unwrap()).clone(),
        false => rng.choice(&fields).cloned().unwrap_or_default(),
    };
    let mut body = body.clone();
    let Some(value) = body.pointer_mut(&field) else { return Vec::new() };
    let text = std::mem::replace(value, PLACEHOLDER.into()).to_string();
    let text = change(name_of(&field), text);
    body.to_string().replacen(&format!("\"{PLACEHOLDER}\""), &text, 1).into_bytes()
}

/// The JSON pointers of all fields of objects.
fn collect_fields(value: &Value, path: String, fields: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter().filter(|(name, _)| !name.contains(['/', '~'])) {
                let path = format!("{path}/{name}");
                fields.push(path.clone());
                collect_fields(value, path, fields);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect_fields(value, format!("{path}/{index}"), fields);
            }
        }
        _ => {}
    }
}

fn name_of(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn hostile_text(rng: &mut Rng) -> String {
    match rng.u8(..40) {
        0 => format!("\"{}\"", "a".repeat(900_000)),
        1 => "9".repeat(10_000),
        2 => format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        3 => format!("[{}null]", r#"{"number":1,"status":"completed"},"#.repeat(20_000)),
        _ => rng.choice(HOSTILE).unwrap().to_owned(),
    }
}
