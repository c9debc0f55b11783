//! The formats of names. Each function returns the real server's error messages; none if the name is valid.

fn is_alphanumeric_or(byte: u8, others: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || others.contains(&byte)
}

/// Whether the text consists of letters, digits and these others, which are neither first nor last.
fn has_alphanumeric_ends(text: &str, others: &[u8]) -> bool {
    let ends = [text.bytes().next(), text.bytes().last()];
    text.bytes().all(|byte| is_alphanumeric_or(byte, others))
        && ends.iter().all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
}

fn is_lower(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

pub fn dns1123_label(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 63);
    if !(is_lower(text) && has_alphanumeric_ends(text, b"-")) {
        errors.push(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
             '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
             '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    errors
}

pub fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 253);
    if !(is_lower(text) && text.split('.').all(|label| has_alphanumeric_ends(label, b"-"))) {
        errors.push(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .to_owned(),
        );
    }
    errors
}

pub fn dns1035_label(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 63);
    let starts_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !(starts_with_letter && is_lower(text) && has_alphanumeric_ends(text, b"-")) {
        errors.push(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start \
             with an alphabetic character, and end with an alphanumeric character (e.g. \
             'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    errors
}

const LABEL_KEY: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start \
     and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex \
     used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// The key of a label or an annotation.
pub fn label_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        ["", name] => {
            errors.push("prefix part must be non-empty".to_owned());
            name
        }
        [prefix, name] => {
            let prefix_errors = dns1123_subdomain(prefix);
            errors.extend(prefix_errors.into_iter().map(|error| format!("prefix part {error}")));
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {LABEL_KEY} with an optional DNS subdomain prefix and '/' \
                 (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    }
    errors.extend(too_long(name, 63).into_iter().map(|error| format!("name part {error}")));
    if !has_alphanumeric_ends(name, b"-_.") {
        errors.push(format!("name part {LABEL_KEY}"));
    }
    errors
}

pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 63);
    if !text.is_empty() && !has_alphanumeric_ends(text, b"-_.") {
        errors.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', \
             '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  \
             or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .to_owned(),
        );
    }
    errors
}

pub fn config_key(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 253);
    if text.is_empty() || !text.bytes().all(|byte| is_alphanumeric_or(byte, b"-_.")) {
        errors.push(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
             'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
             '[-._a-zA-Z0-9]+')"
                .to_owned(),
        );
    }
    match text {
        "." => errors.push("must not be '.'".to_owned()),
        ".." => errors.push("must not be '..'".to_owned()),
        text if text.starts_with("..") => errors.push("must not start with '..'".to_owned()),
        _ => {}
    }
    errors
}

pub fn env_name(text: &str) -> Vec<String> {
    match text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'=') {
        true => Vec::new(),
        false => vec![
            "a valid environment variable name must consist only of printable ASCII characters \
             other than '='"
                .to_owned(),
        ],
    }
}

/// The name of a container's port.
pub fn port_name(text: &str) -> Vec<String> {
    let mut errors = too_long(text, 15);
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let checks = [
        (
            text.bytes().all(is_allowed),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (
            text.bytes().any(|byte| byte.is_ascii_lowercase()),
            "must contain at least one letter (a-z)",
        ),
        (!text.contains("--"), "must not contain consecutive hyphens"),
        (!text.starts_with('-') && !text.ends_with('-'), "must not begin or end with a hyphen"),
    ];
    errors.extend(
        checks.iter().filter(|(is_valid, _)| !is_valid).map(|(_, error)| (*error).to_owned()),
    );
    errors
}

fn too_long(text: &str, max_bytes: usize) -> Vec<String> {
    if text.len() <= max_bytes {
        return Vec::new();
    }
    vec![format!("must be no more than {max_bytes} bytes")]
}
