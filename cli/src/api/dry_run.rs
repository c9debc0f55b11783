//! The effects that a deployment would have.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DryRun {
    pub accepted: bool,
    pub note: Option<String>,
    pub access_url: Option<String>,
    /// By name. Values of secrets are hidden.
    pub variables: Vec<FieldChange>,
    pub objects: Vec<ObjectVerdict>,
    pub warnings: Vec<String>,
}

/// What would happen to an object. `verdict` is `create`, `change`, `unchanged`, `remove`, `refused` or `unknown`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObjectVerdict {
    pub kind: String,
    pub name: String,
    pub verdict: String,
    pub field: Option<String>,
    pub detail: Option<String>,
    #[serde(default)]
    pub difference: Vec<FieldChange>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::contract;

    #[test]
    fn it_is_what_the_contract_says() {
        contract::response::<DryRun>("DryRun");
    }
}
