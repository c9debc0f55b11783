//! Spin's runtime configuration file, as far as this host goes with it: where
//! the key-value stores are, and whom and as whom HTTPS requests trust. What it
//! does not know is an error that names it, as in the manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use http::uri::Authority;
use serde::Deserialize;

/// Relative paths in it are already resolved.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    /// By label. The store `default` exists without an entry too.
    #[serde(default, rename = "key_value_store")]
    pub stores: BTreeMap<String, StoreKind>,
    #[serde(default)]
    pub client_tls: Vec<ClientTls>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum StoreKind {
    /// An SQLite file; without a path it is in memory.
    Spin {
        path: Option<PathBuf>,
    },
    Redis {
        url: String,
    },
}

/// How the named components speak TLS with the named hosts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientTls {
    pub component_ids: Vec<String>,
    /// Without ports: an entry is for all of a host's.
    pub hosts: Vec<String>,
    pub ca_use_platform_roots: Option<bool>,
    pub ca_use_webpki_roots: Option<bool>,
    pub ca_roots_file: Option<PathBuf>,
    pub client_cert_file: Option<PathBuf>,
    pub client_private_key_file: Option<PathBuf>,
}

impl RuntimeConfig {
    pub fn load(path: &Path) -> Result<RuntimeConfig> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        RuntimeConfig::parse(&text, folder).with_context(|| path.display().to_string())
    }

    /// `folder` is where relative paths start.
    pub fn parse(text: &str, folder: &Path) -> Result<RuntimeConfig> {
        let mut config: RuntimeConfig = toml::from_str(text)?;
        for kind in config.stores.values_mut() {
            if let StoreKind::Spin { path: Some(path) } = kind {
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
                host.parse().with_context(|| format!("{host:?} is not a host"))?;
            ensure!(authority.port().is_none(), "{host:?}: a host is given without a port");
        }
        ensure!(
            self.client_cert_file.is_some() == self.client_private_key_file.is_some(),
            "`client_cert_file` and `client_private_key_file` go together"
        );
        Ok(())
    }

    /// Whether the machine's roots count, and whether Mozilla's do. As in Spin,
    /// one that is named stands alone, and so does a file of one's own.
    pub fn public_roots(&self) -> (bool, bool) {
        match (self.ca_use_platform_roots, self.ca_use_webpki_roots) {
            (None, None) => (self.ca_roots_file.is_none(), false),
            (platform, webpki) => (platform.unwrap_or(false), webpki.unwrap_or(false)),
        }
    }
}
