//! Parses the paths and queries of requests.

use std::collections::BTreeMap;

use crate::kubernetes::api_error::ApiError;
use crate::kubernetes::state::resources::{self, GATEWAY, Resource};

/// The parameters of a query. All that the product sends are handled; others are errors, so that a new one is
/// not ignored.
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// A parameter. Empty if it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// # Errors
    /// If there is another parameter than the known ones.
    pub fn check_names(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::not_simulated(&format!("the parameter {unknown}"))),
            None => Ok(()),
        }
    }
}

/// The path of an object, or of a list if `name` is empty. `namespace` is empty for cluster-scoped
/// resources.
#[derive(Clone, Copy)]
pub struct ResourcePath<'a> {
    pub resource: &'static Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub subresource: &'a str,
}

pub fn parse_path(path: &str, gateway_api: bool) -> Result<ResourcePath<'_>, ApiError> {
    let found = resource_path(path).filter(|path| gateway_api || path.resource.group != GATEWAY);
    found.ok_or_else(ApiError::no_such_path)
}

fn resource_path(path: &str) -> Option<ResourcePath<'_>> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (namespace, plural, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] => (*namespace, *plural, rest),
        [plural, rest @ ..] => ("", *plural, rest),
        [] => return None,
    };
    let resource = resources::by_path(group, version, plural)?;
    if resource.namespaced == namespace.is_empty() {
        return None;
    }
    let (name, subresource) = match rest {
        [] => ("", ""),
        [name] => (*name, ""),
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
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    Query(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
}
