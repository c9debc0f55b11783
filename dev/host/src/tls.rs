//! TLS of the components' HTTPS requests: trusted roots and client certificates from `[[client_tls]]`,
//! otherwise the public roots of the machine and of Mozilla.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::runtime_config::{ClientTls, PublicRoots};

/// The TLS configurations of all components of an application.
pub(crate) struct ClientTlsConfigs {
    /// By component and lower-case host.
    configs: BTreeMap<(String, String), Arc<ClientConfig>>,
    default: Arc<ClientConfig>,
}

impl ClientTlsConfigs {
    /// Reads the certificate files, so that an invalid file is an error at the start.
    pub fn new(entries: &[ClientTls]) -> Result<ClientTlsConfigs> {
        let mut configs = BTreeMap::new();
        for entry in entries {
            let config = Arc::new(client_config(entry).context("[[client_tls]]")?);
            for component in &entry.component_ids {
                for host in &entry.hosts {
                    // As in Spin, the first entry for a component and a host is used.
                    let key = (component.clone(), host.to_ascii_lowercase());
                    configs.entry(key).or_insert_with(|| config.clone());
                }
            }
        }
        Ok(ClientTlsConfigs { configs, default: default_config()? })
    }

    /// The configuration of a component's requests to a host.
    pub fn get(&self, component: &str, host: &str) -> Arc<ClientConfig> {
        let key = (component.to_owned(), host.to_ascii_lowercase());
        self.configs.get(&key).unwrap_or(&self.default).clone()
    }
}

/// Trusts the public roots. Cached for the process, because reading the machine's roots is slow.
fn default_config() -> Result<Arc<ClientConfig>> {
    static DEFAULT: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = DEFAULT.get() {
        return Ok(config.clone());
    }
    let config = Arc::new(
        config_builder(public_roots(PublicRoots { platform: true, webpki: true }))?
            .with_no_client_auth(),
    );
    Ok(DEFAULT.get_or_init(|| config).clone())
}

fn client_config(entry: &ClientTls) -> Result<ClientConfig> {
    let mut roots = public_roots(entry.public_roots());
    if let Some(path) = &entry.ca_roots_file {
        for certificate in read_certificates(path)? {
            roots
                .add(certificate)
                .with_context(|| format!("{} has an invalid certificate", path.display()))?;
        }
    }
    ensure!(!roots.is_empty(), "there is no root certificate to trust");
    let builder = config_builder(roots)?;
    match (&entry.client_cert_file, &entry.client_private_key_file) {
        (Some(chain), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key)
                .with_context(|| format!("{} has no valid private key", key.display()))?;
            builder
                .with_client_auth_cert(read_certificates(chain)?, key)
                .with_context(|| format!("{} and its private key are invalid", chain.display()))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn public_roots(enabled: PublicRoots) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if enabled.platform {
        // Certificates that cannot be read are ignored.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if enabled.webpki {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn config_builder(
    roots: RootCertStore,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(!certificates.is_empty(), "{} has no certificate", path.display());
    Ok(certificates)
}
