//! What was probably meant by an invalid image reference.

use super::ImageRef;

/// Addresses of images' pages, and what is the same in an image reference.
const PAGES: [(&str, &str); 3] =
    [("hub.docker.com/_/", ""), ("hub.docker.com/r/", ""), ("quay.io/repository/", "quay.io/")];

/// The corrected reference: without scheme, spaces and slashes that do not belong there, in lower case up to the tag.
pub(super) fn valid_image(text: &str) -> Option<String> {
    if text.len() > 500 {
        return None;
    }
    let text = text.trim().strip_prefix("docker pull ").unwrap_or(text);
    let text = without_spaces(text.trim().trim_matches(['"', '\'', '`']))?;
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.trim_matches('/').trim_end_matches([':', '@', '/']);
    if let Some(image) = image_of_page(text) {
        return Some(image);
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) if digest.contains(':') => (name, digest.to_ascii_lowercase()),
        // A tag after the wrong separator.
        Some((name, tag)) if !tag.contains("sha256") && !name.contains(':') => {
            return valid_image(&format!("{name}:{tag}"));
        }
        Some(_) => return None,
        None => (text, String::new()),
    };
    let path_start = name.rfind('/').map_or(0, |slash| slash + 1);
    let (path, last) = name.split_at_checked(path_start)?;
    let (last, tag) = last.split_once(':').map_or((last, None), |(last, tag)| (last, Some(tag)));
    let mut image = format!("{path}{last}").to_ascii_lowercase();
    while image.contains("//") {
        image = image.replace("//", "/");
    }
    if let Some(tag) = tag {
        image.push_str(&format!(":{tag}"));
    }
    if !digest.is_empty() {
        image.push_str(&format!("@{digest}"));
    }
    image.parse::<ImageRef>().is_ok_and(|image| !image.is_registry()).then_some(image)
}

/// The image whose page at a registry has this address.
pub(super) fn image_of_page(text: &str) -> Option<String> {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let page = PAGES.iter().find_map(|(page, prefix)| Some((text.strip_prefix(page)?, prefix)));
    let (path, prefix) = page?;
    // Pages have further parts, such as `/tags`.
    let parts = if prefix.is_empty() && !text.contains("/r/") { 1 } else { 2 };
    let path: Vec<_> = path.split('/').take(parts).collect();
    let image = format!("{prefix}{}", path.join("/")).to_ascii_lowercase();
    image.parse::<ImageRef>().is_ok().then_some(image)
}

/// Joins words where a separator shows that they belong together: `nginx : 1.29`.
fn without_spaces(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let mut joined = words.next()?.to_owned();
    for word in words {
        let is_separator = |c: char| ":/@".contains(c);
        if !joined.ends_with(is_separator) && !word.starts_with(is_separator) {
            return None;
        }
        joined.push_str(word);
    }
    Some(joined)
}
