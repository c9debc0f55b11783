//! Path patterns of routes: `/segments/{parameter}`.

/// Matches `path` against `pattern` and returns the parameters as (name, value) pairs. A parameter matches
/// one segment that is not empty.
pub fn match_path<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    if !has_form(pattern.as_bytes(), path.as_bytes()) {
        return None;
    }
    let segments = pattern.split('/').zip(path.split('/'));
    let parameters = segments
        .filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)));
    Some(parameters.collect())
}

/// Whether the path matches. Every request is compared with many patterns, and most differ in their first bytes.
fn has_form(mut pattern: &[u8], mut path: &[u8]) -> bool {
    loop {
        match (pattern.split_first(), path.split_first()) {
            (None, None) => return true,
            (Some((b'{', _)), Some((first, _))) if *first != b'/' => {
                pattern = from_slash(pattern);
                path = from_slash(path);
            }
            (Some((expected, pattern_rest)), Some((byte, path_rest))) if expected == byte => {
                (pattern, path) = (pattern_rest, path_rest);
            }
            _ => return false,
        }
    }
}

fn from_slash(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}
