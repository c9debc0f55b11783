//! The operator's settings that concern projects.

use nokube_edge::settings::{Cached, SettingsError, Variables, load_cached};
use std::rc::Rc;

pub struct Settings {
    /// Projects that one person may own.
    pub max_projects: u32,
}

thread_local! {
    static SETTINGS: Cached<Settings> = const { Cached::new() };
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(&SETTINGS, Self::collect).await
    }

    async fn collect(variables: &mut Variables) -> Option<Self> {
        let max_projects = variables.number("max_projects_per_person", 1..=1_000).await;
        Some(Self { max_projects })
    }
}
