//! The operator's settings that concern projects.

use nokube_edge::settings::{SettingsError, Variables, load_cached};
use std::rc::Rc;

pub struct Settings {
    /// Projects that one person may own.
    pub max_projects: u32,
}

impl Settings {
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(variables: &mut Variables) -> Option<Self> {
        let max_projects = variables.number("max_projects_per_person", 1..=1_000).await;
        Some(Self { max_projects })
    }
}
