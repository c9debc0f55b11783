//! Whom a component trusts when it sends over HTTPS, and as whom it shows
//! itself: by `[[client_tls]]`, else by the public roots of the machine and of Mozilla.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::runtime_config::ClientTls;

type ByHost = BTreeMap<String, Arc<ClientConfig>>;

/// What holds for one component.
#[derive(Clone)]
pub(crate) struct ComponentTls {
    /// By lower-case host.
    hosts: ByHost,
    public: Arc<ClientConfig>,
}

impl ComponentTls {
    pub fn config(&self, host: &str) -> Arc<ClientConfig> {
        self.hosts.get(&host.to_ascii_lowercase()).unwrap_or(&self.public).clone()
    }
}

/// What holds for every component of an application.
pub(crate) struct Tls {
    components: BTreeMap<String, ByHost>,
    public: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the files, so that a wrong one is found at the start.
    pub fn new(entries: &[ClientTls]) -> Result<Tls> {
        let mut components: BTreeMap<String, ByHost> = BTreeMap::new();
        for entry in entries {
            let config = Arc::new(client_config(entry).context("[[client_tls]]")?);
            for component in &entry.component_ids {
                let hosts = components.entry(component.clone()).or_default();
                for host in &entry.hosts {
                    // As in Spin, the first entry for a component and a host holds.
                    hosts.entry(host.to_ascii_lowercase()).or_insert_with(|| config.clone());
                }
            }
        }
        Ok(Tls { components, public: public()? })
    }

    pub fn of(&self, component: &str) -> ComponentTls {
        let hosts = self.components.get(component).cloned().unwrap_or_default();
        ComponentTls { hosts, public: self.public.clone() }
    }
}

/// The same for every run in this process, and not quickly read.
fn public() -> Result<Arc<ClientConfig>> {
    static PUBLIC: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = PUBLIC.get() {
        return Ok(config.clone());
    }
    let config = Arc::new(builder(public_roots(true, true))?.with_no_client_auth());
    Ok(PUBLIC.get_or_init(|| config).clone())
}

fn client_config(entry: &ClientTls) -> Result<ClientConfig> {
    let (platform, webpki) = entry.public_roots();
    let mut roots = public_roots(platform, webpki);
    if let Some(path) = &entry.ca_roots_file {
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .with_context(|| format!("{} has an unusable certificate", path.display()))?;
        }
    }
    ensure!(!roots.is_empty(), "it leaves no root certificate to trust");
    let builder = builder(roots)?;
    match (&entry.client_cert_file, &entry.client_private_key_file) {
        (Some(chain), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key)
                .with_context(|| format!("{} has no usable private key", key.display()))?;
            builder
                .with_client_auth_cert(certificates(chain)?, key)
                .with_context(|| format!("{} and its key cannot be used", chain.display()))
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

fn public_roots(platform: bool, webpki: bool) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    if platform {
        // What of the machine's store cannot be read is as good as not there.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if webpki {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn builder(
    roots: RootCertStore,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .with_context(|| format!("{} cannot be read as certificates", path.display()))?;
    ensure!(!certificates.is_empty(), "{} has no certificate", path.display());
    Ok(certificates)
}
