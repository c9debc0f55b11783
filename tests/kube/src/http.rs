//! HTTPS to an API server whose authority no machine trusts of its own accord.

use anyhow::Result;
use reqwest::{Certificate, Client, Identity};
use rustls::crypto::ring;

/// A client that trusts this authority alone, and shows this certificate with its key (PEM).
///
/// A client belongs to the runtime that first used it, so every test makes its own.
pub fn client(ca_pem: &str, identity: Option<&str>) -> Result<Client> {
    let roots = Certificate::from_pem_bundle(ca_pem.as_bytes())?;
    let mut builder = Client::builder().tls_built_in_root_certs(false).no_proxy();
    for root in roots {
        builder = builder.add_root_certificate(root);
    }
    if let Some(identity) = identity {
        builder = builder.identity(Identity::from_pem(identity.as_bytes())?);
    }
    Ok(builder.build()?)
}

/// Makes `ring` the process's provider of cryptography, for servers of our own.
pub(crate) fn install_crypto() {
    // An error says that there is one already.
    let _ = ring::default_provider().install_default();
}
