//! GitHub Deployments.

use super::{ParseError, parse};
use crate::{Response, lenient};
use serde::Deserialize;
use serde_json::Value;

/// A GitHub Deployment.
#[derive(Deserialize)]
struct Deployment {
    id: u64,
    #[serde(default, deserialize_with = "lenient::text")]
    description: String,
}

/// The number of a deployment that was created.
///
/// # Errors
/// The body is no deployment.
pub fn created_deployment(response: &Response) -> Result<u64, ParseError> {
    Ok(parse::<Deployment>(response)?.id)
}

/// The number of the newest deployment with this description, in a list whose newest ones come first.
///
/// # Errors
/// The body is no list.
pub fn described_deployment(
    response: &Response,
    description: &str,
) -> Result<Option<u64>, ParseError> {
    let all = parse::<Vec<Value>>(response)?.into_iter();
    let mut all = all.filter_map(|one| serde_json::from_value::<Deployment>(one).ok());
    Ok(all.find(|one| one.description == description).map(|one| one.id))
}
