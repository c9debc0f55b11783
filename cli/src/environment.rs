//! The environment variables that the program reads. Proxies are read by reqwest.

use crate::language::Language;
use std::{env, path::PathBuf};

#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub url: Option<String>,
    pub platform: Option<String>,
    pub token: Option<String>,
    /// Where configuration and credentials are, in place of the usual folder.
    pub config_dir: Option<PathBuf>,
    /// `file` keeps tokens out of the keyring.
    pub credentials: Option<String>,
    pub no_color: bool,
    /// This is a session over SSH: a browser would open on the wrong computer.
    pub is_ssh: bool,
    /// A browser can open a window.
    pub has_display: bool,
    locale: [Option<String>; 3],
}

impl Environment {
    pub fn of_process() -> Self {
        Self::read(|name| env::var(name).ok())
    }

    /// Reads the variables with `get`. A variable that is empty is not set.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let has_display = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"];
        let has_display = has_display.iter().any(|name| get(name).is_some());
        Self {
            url: get("NOKUBE_URL"),
            platform: get("NOKUBE_PLATFORM"),
            token: get("NOKUBE_TOKEN").map(|token| token.trim().to_owned()),
            config_dir: get("NOKUBE_CONFIG_DIR").map(PathBuf::from),
            credentials: get("NOKUBE_CREDENTIALS"),
            no_color: get("NO_COLOR").is_some(),
            is_ssh: ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| get(name).is_some()),
            has_display: has_display || cfg!(any(windows, target_os = "macos")),
            locale: ["LC_ALL", "LC_MESSAGES", "LANG"].map(get),
        }
    }

    pub fn language(&self) -> Language {
        Language::of(self.locale.each_ref().map(Option::as_deref))
    }
}
