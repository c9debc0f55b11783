//! What is saved of a service about its previews.

#[cfg(feature = "schema")]
use crate::schema::reference;
use crate::{
    UnknownFields,
    field_types::{parse_variant, text_fields},
    text::display_serde_name,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many base branches can be chosen.
pub const MAX_BASE_BRANCHES: usize = 10;
/// How many secrets previews can get.
pub const MAX_PREVIEW_SECRETS: usize = 50;

/// The variable with the number of the pull request.
pub const PR_NUMBER: &str = "PR_NUMBER";
/// The variable with the address of the preview.
pub const PREVIEW_URL: &str = "PREVIEW_URL";

/// What is done for pull requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum PreviewMode {
    Off,
    /// Their head is built.
    Build,
    /// Their head is built and deployed, each at an address of its own.
    Deploy,
}

display_serde_name!(PreviewMode);

text_fields! {
    PreviewMode, |text| parse_variant(text, "must be off, build or deploy"), reference::<Self>;
}

/// The switch for previews with what belongs to it. Nothing is saved while it is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewSettings {
    /// Never [`PreviewMode::Off`].
    pub mode: PreviewMode,
    /// See [`crate::pushes::PushRecord::since`]: what was found before previews were switched on says nothing any more.
    #[serde(default)]
    pub since: u32,
    /// The branches into which pull requests are to be merged; none: the branch of the service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_branches: Vec<String>,
    /// The only variables that previews have, apart from [`PR_NUMBER`] and [`PREVIEW_URL`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// The names of the saved secrets that previews get.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown_fields: UnknownFields,
}
