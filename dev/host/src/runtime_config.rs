//! Reads the part of Spin's runtime configuration file that this host supports: key-value stores and client
//! TLS. An unknown key is an error, as in the manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use http::uri::Authority;
use serde::Deserialize;

/// Relative paths are already resolved.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    /// The folder of Spin's log files. This host writes none, so it must be empty, as in Spin for no log files.
    #[serde(default)]
    log_dir: String,
    /// By label. The store `default` exists even without an entry.
    #[serde(default, rename = "key_value_store")]
    pub stores: BTreeMap<String, StoreConfig>,
    #[serde(default)]
    pub client_tls: Vec<ClientTls>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum StoreConfig {
    /// An SQLite database: a file, or in memory if there is no path.
    Spin {
        path: Option<PathBuf>,
    },
    Redis {
        url: String,
    },
}

/// TLS configuration of requests from these components to these hosts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientTls {
    pub component_ids: Vec<String>,
    /// Without ports: an entry applies to all ports of a host.
    pub hosts: Vec<String>,
    pub ca_use_platform_roots: Option<bool>,
    pub ca_use_webpki_roots: Option<bool>,
    pub ca_roots_file: Option<PathBuf>,
    pub client_cert_file: Option<PathBuf>,
    pub client_private_key_file: Option<PathBuf>,
}

/// Which public root certificates to trust.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublicRoots {
    /// The machine's.
    pub platform: bool,
    /// Mozilla's.
    pub webpki: bool,
}

impl RuntimeConfig {
    pub fn load(path: &Path) -> Result<RuntimeConfig> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        RuntimeConfig::parse(&text, folder).with_context(|| path.display().to_string())
    }

    /// Relative paths are resolved against `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<RuntimeConfig> {
        let mut config: RuntimeConfig = toml::from_str(text)?;
        ensure!(config.log_dir.is_empty(), "log_dir must be empty: this host writes no log files");
        for kind in config.stores.values_mut() {
            if let StoreConfig::Spin { path: Some(path) } = kind {
                *path = folder.join(&path);
            }
        }
        for entry in &mut config.client_tls {
            entry.check().context("[[client_tls]]")?;
            let files = [
                &mut entry.ca_roots_file,
                &mut entry.client_cert_file,
                &mut entry.client_private_key_file,
            ];
            for file in files.into_iter().flatten() {
                *file = folder.join(&file);
            }
        }
        Ok(config)
    }
}

impl ClientTls {
    fn check(&self) -> Result<()> {
        ensure!(!self.component_ids.is_empty(), "`component_ids` is empty");
        ensure!(!self.hosts.is_empty(), "`hosts` is empty");
        for host in &self.hosts {
            let authority: Authority =
                host.parse().with_context(|| format!("{host:?} is not a valid host"))?;
            ensure!(authority.port().is_none(), "{host:?}: give the host without a port");
        }
        ensure!(
            self.client_cert_file.is_some() == self.client_private_key_file.is_some(),
            "`client_cert_file` and `client_private_key_file` must be set together"
        );
        Ok(())
    }

    /// As in Spin, the machine's roots are the default only if neither a kind of roots nor a file is set.
    pub fn public_roots(&self) -> PublicRoots {
        match (self.ca_use_platform_roots, self.ca_use_webpki_roots) {
            (None, None) => PublicRoots { platform: self.ca_roots_file.is_none(), webpki: false },
            (platform, webpki) => {
                PublicRoots { platform: platform.unwrap_or(false), webpki: webpki.unwrap_or(false) }
            }
        }
    }
}
