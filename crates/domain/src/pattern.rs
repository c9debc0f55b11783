//! Patterns of paths: `/segments/{parameter}`.

/// The parameters of a path that fits the pattern, by name. A parameter is one segment, and not empty.
pub fn parameters<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut found = Vec::new();
    let mut given = path.split('/');
    for wanted in pattern.split('/') {
        let given = given.next()?;
        let name = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name {
            Some(name) if !given.is_empty() => found.push((name, given)),
            None if wanted == given => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(found)
}
