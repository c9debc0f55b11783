//! Matches paths against the path templates of an OpenAPI document.

/// The template that matches a path. Of several, the one whose parameters contain the fewest `/`, then the
/// one with the fewest parameters.
pub fn find<'a>(templates: impl Iterator<Item = &'a String>, path: &str) -> Option<&'a str> {
    let path: Vec<_> = path.split('/').collect();
    let matching = templates.filter_map(|template| {
        let segments: Vec<_> = template.split('/').collect();
        matches(&segments, &path)
            .then(|| (path.len() - segments.len(), parameter_count(template), template))
    });
    matching.min().map(|(_, _, template)| template.as_str())
}

fn parameter_count(template: &str) -> usize {
    template.matches('{').count()
}

/// A parameter matches one or more segments, because refs, file paths and image names contain slashes.
fn matches(template: &[&str], path: &[&str]) -> bool {
    match (template.split_first(), path.split_first()) {
        (None, None) => true,
        // The path of a file may be empty: the root directory.
        (Some((&"{path}", [])), Some((&"", []))) => true,
        (Some((expected, template)), Some((segment, path))) if expected.starts_with('{') => {
            let matches_more = || (1..=path.len()).any(|count| matches(template, &path[count..]));
            !segment.is_empty() && (matches(template, path) || matches_more())
        }
        (Some((expected, template)), Some((segment, path))) => {
            expected == segment && matches(template, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_parameter_matches_slashes_only_if_no_other_template_matches() {
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
            assert_eq!(super::find(templates.iter(), path), expected, "{path}");
        }
    }
}
