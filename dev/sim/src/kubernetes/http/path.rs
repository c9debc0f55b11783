//! Parses the paths and queries of requests.

use std::collections::BTreeMap;

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::state::resources::{self, Resource};

pub type Query = BTreeMap<String, String>;

/// The path of an object, or of a list if `name` is empty. `namespace` is empty for cluster-scoped
/// resources and for lists over all namespaces.
pub struct ResourcePath<'a> {
    pub resource: &'static Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub subresource: &'a str,
}

/// # Errors
/// As in the real server, the error for an unknown group differs from the error for an unknown resource
/// of a served group.
pub fn parse_path(path: &str, gateway_api: bool) -> Result<ResourcePath<'_>, ApiError> {
    let is_served = |(group, version): (&str, &str)| {
        let mut kinds = resources::ALL.iter().filter(|kind| !kind.is_custom());
        kinds.any(|kind| kind.group == group && kind.version == version)
    };
    resource_path(path, gateway_api).ok_or_else(|| match split(path) {
        Some((group, version, _)) if is_served((group, version)) => ApiError::no_such_resource(),
        _ => ApiError::no_such_path(),
    })
}

/// Whether the path has the form of a resource's, which may not exist.
pub fn is_resource_path(path: &str) -> bool {
    split(path).is_some_and(|(_, _, rest)| !rest.is_empty())
}

/// Splits a path into group, version and the remaining segments.
fn split(path: &str) -> Option<(&str, &str, Vec<&str>)> {
    let mut parts = path.trim_matches('/').split('/');
    let (group, version) = match parts.next()? {
        "api" => ("", parts.next()?),
        "apis" => (parts.next()?, parts.next()?),
        _ => return None,
    };
    Some((group, version, parts.collect()))
}

fn resource_path(path: &str, gateway_api: bool) -> Option<ResourcePath<'_>> {
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
        // An object of a namespaced resource needs a namespace.
        [_, ..] if resource.namespaced && namespace.is_empty() => return None,
        [name] => (*name, ""),
        [name, "status"] if resource.has_status => (*name, "status"),
        [name, "log"] if resource.plural == "pods" => (*name, "log"),
        _ => return None,
    };
    Some(ResourcePath { resource, namespace, name, subresource })
}

/// Decodes the parameters of a query.
pub fn parse_query(text: &str) -> Query {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let hex =
                |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
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
