//! Which of a description's paths is meant.

/// Of those that fit, the path whose parameters hold the fewest `/`, then the one with the fewest
/// parameters.
pub fn meant<'a>(templates: impl Iterator<Item = &'a String>, path: &str) -> Option<&'a str> {
    let path: Vec<_> = path.split('/').collect();
    let fitting = templates.filter_map(|template| {
        let parts: Vec<_> = template.split('/').collect();
        fits(&parts, &path).then(|| (path.len() - parts.len(), parameters(template), template))
    });
    fitting.min().map(|(_, _, template)| template.as_str())
}

fn parameters(template: &str) -> usize {
    template.matches('{').count()
}

/// A parameter holds one part of the path or more: refs and names of files and images have slashes.
fn fits(template: &[&str], path: &[&str]) -> bool {
    match (template.split_first(), path.split_first()) {
        (None, None) => true,
        // That of a file may be the root's.
        (Some((&"{path}", [])), Some((&"", []))) => true,
        (Some((one, rest)), Some((part, others))) if one.starts_with('{') => {
            let more = || (1..=others.len()).any(|more| fits(rest, &others[more..]));
            !part.is_empty() && (fits(rest, others) || more())
        }
        (Some((one, rest)), Some((part, others))) => one == part && fits(rest, others),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_parameter_may_hold_slashes_where_nothing_else_fits() {
        let templates = ["/a/{x}", "/a/{x}/b", "/a/c", "/a/{x}/{y}", "/{z}/d"].map(String::from);
        for (path, expected) in [
            ("/a/c", Some("/a/c")),
            ("/a/d", Some("/a/{x}")),
            ("/a/1/b", Some("/a/{x}/b")),
            ("/a/1/2", Some("/a/{x}/{y}")),
            ("/a/1/2/b", Some("/a/{x}/b")),
            ("/a/", None),
            ("/b", None),
        ] {
            assert_eq!(super::meant(templates.iter(), path), expected, "{path}");
        }
    }
}
