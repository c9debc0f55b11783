//! Values of a Compose file.

use serde_yaml_ng::Value;

/// The text of a scalar.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

/// A list of scalars; a single one is a list, too.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().filter_map(scalar).collect(),
        other => scalar(other).into_iter().collect(),
    }
}

/// Names with values: a map, or a list of `NAME=VALUE`. Without a value it is `None`.
pub fn pairs(value: &Value) -> Vec<(String, Option<String>)> {
    match value {
        Value::Mapping(map) => {
            map.iter().filter_map(|(name, value)| Some((scalar(name)?, scalar(value)))).collect()
        }
        other => list(other).iter().map(|item| pair(item)).collect(),
    }
}

fn pair(item: &str) -> (String, Option<String>) {
    match item.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (item.to_owned(), None),
    }
}

/// The names of the variables that Compose would substitute: `$NAME` and `${NAME…}`. `$$` is a dollar.
pub fn variables(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        rest = match after.strip_prefix('$') {
            Some(escaped) => escaped,
            None => {
                let name: String = after
                    .trim_start_matches('{')
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
                after
            }
        };
    }
    names
}

/// The text that Compose makes of one without variables.
pub fn unescaped(text: &str) -> String {
    text.replace("$$", "$")
}

/// Seconds of a duration such as `1m30s` or `500ms`, rounded up.
pub fn seconds(duration: &str) -> Option<u32> {
    if let Ok(seconds) = duration.parse() {
        return Some(seconds);
    }
    let (mut rest, mut milliseconds) = (duration, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let factor = match unit {
            "us" => 0.001,
            "ms" => 1.0,
            "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        milliseconds += number.parse::<f64>().ok()? * factor;
        rest = after;
    }
    let seconds = (milliseconds / 1000.0).ceil();
    // Longer than any field takes.
    (duration.len() < 30 && seconds < 100_000.0).then_some(seconds as u32)
}

/// A path from the root of the repository; `None` if it is not in it.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let is_relative = !path.starts_with(['/', '~']);
    is_relative.then(|| if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_by_name() {
        assert_eq!(variables("$A ${B} ${C:-x$D} $$E $$$F ${"), ["A", "B", "C", "D", "F"]);
        assert!(variables("a$$b").is_empty());
        assert_eq!(unescaped("a$$b"), "a$b");
    }

    #[test]
    fn durations_are_whole_seconds() {
        for (text, expected) in [
            ("30s", Some(30)),
            ("1m30s", Some(90)),
            ("1500ms", Some(2)),
            ("10", Some(10)),
            ("1x", None),
            ("s", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_stay_in_the_repository() {
        assert_eq!(join("", ".").as_deref(), Some("."));
        assert_eq!(join("deploy", "../web/").as_deref(), Some("web"));
        assert_eq!(join("", "./api").as_deref(), Some("api"));
        assert_eq!(join("", "../api"), None);
        assert_eq!(join("", "/srv"), None);
    }
}
