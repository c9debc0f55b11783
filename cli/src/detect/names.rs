//! Names of services.

use std::collections::BTreeSet;

/// The most characters of a name.
const MAX: usize = 40;

/// The name of a service that is the most like `text`: a DNS label that begins with a letter.
pub fn service_name(text: &str) -> String {
    let text: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<_> = text.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert_str(0, if name.is_empty() { "app" } else { "app-" });
    }
    name.truncate(MAX);
    name.trim_end_matches('-').to_owned()
}

/// `name`, or with a number if it is taken.
pub fn unique_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| {
        let suffix = format!("-{number}");
        let head: String = name.chars().take(MAX.saturating_sub(suffix.len())).collect();
        format!("{}{suffix}", head.trim_end_matches('-'))
    });
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// What a service may be named after that is in a folder. Empty: after the repository.
pub fn of_folder(folder: &str) -> String {
    match folder.rsplit('/').next() {
        None | Some(".") => String::new(),
        Some(last) => last.to_owned(),
    }
}
