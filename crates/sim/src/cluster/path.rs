//! What a request's path and its query say.

use std::collections::BTreeMap;

use super::resources::{self, Resource};
use super::status::Refusal;

pub type Query = BTreeMap<String, String>;

/// What a path asks for.
pub struct Target<'a> {
    pub resource: &'static Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub subresource: &'a str,
}

/// What a path leads to.
///
/// # Errors
/// A group that is not served is answered by another part of the real server than a kind that its
/// group does not have.
pub fn find(path: &str, gateway_api: bool) -> Result<Target<'_>, Refusal> {
    let served = |(group, version): (&str, &str)| {
        let mut kinds = resources::ALL.iter().filter(|kind| !kind.is_custom());
        kinds.any(|kind| kind.group == group && kind.version == version)
    };
    target(path, gateway_api).ok_or_else(|| match split(path) {
        Some((group, version, _)) if served((group, version)) => Refusal::no_such_resource(),
        _ => Refusal::no_such_path(),
    })
}

/// Whether a path is one of objects, for whoever it may lead to.
pub fn is_of_objects(path: &str) -> bool {
    split(path).is_some_and(|(_, _, rest)| !rest.is_empty())
}

/// Group, version and the rest.
fn split(path: &str) -> Option<(&str, &str, Vec<&str>)> {
    let mut parts = path.trim_matches('/').split('/');
    let (group, version) = match parts.next()? {
        "api" => ("", parts.next()?),
        "apis" => (parts.next()?, parts.next()?),
        _ => return None,
    };
    Some((group, version, parts.collect()))
}

fn target(path: &str, gateway_api: bool) -> Option<Target<'_>> {
    let (group, version, rest) = split(path)?;
    let (namespace, plural, rest) = match rest.as_slice() {
        ["namespaces", namespace, plural, rest @ ..]
            if !["status", "finalize"].contains(plural) =>
        {
            (*namespace, *plural, rest)
        }
        [plural, rest @ ..] => ("", *plural, rest),
        [] => return None,
    };
    let resource = resources::by_path(group, version, plural)?;
    if (resource.is_custom() && !gateway_api) || (!resource.namespaced && !namespace.is_empty()) {
        return None;
    }
    let (name, subresource) = match rest {
        [] => ("", ""),
        // An object of a namespaced kind is only found in its namespace.
        [_, ..] if resource.namespaced && namespace.is_empty() => return None,
        [name] => (*name, ""),
        [name, "status"] if resource.has_status => (*name, "status"),
        [name, "log"] if resource.plural == "pods" => (*name, "log"),
        _ => return None,
    };
    Some(Target { resource, namespace, name, subresource })
}

/// The parameters of a query, decoded.
pub fn query(text: &str) -> Query {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
            match byte {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let pair = (rest.next().and_then(hex), rest.next().and_then(hex));
                    if let (Some(high), Some(low)) = pair {
                        bytes.push(high * 16 + low);
                    }
                }
                other => bytes.push(other),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
