//! Which release's defaults an installation has.

use serde::{Deserialize, Serialize};

/// Written with the first project of a store, never changed. A store with projects and without it was begun by an
/// earlier release.
///
/// A setting that the operator does not set can have a stricter default in new installations only: what runs in
/// older ones has to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Which defaults were new then. 1: the list of public registries.
    pub defaults: u32,
}

impl Installation {
    pub const NEW: Self = Self { defaults: 1 };
}
