//! HTTPS to an API server whose authority no machine trusts of its own accord.

use anyhow::Result;
use reqwest::{Certificate, Client, Identity};
use rustls::crypto::ring;

/// A client that trusts this authority alone, and shows this certificate with its key (PEM).
///
/// A client belongs to the runtime that first used it, so every test makes its own.
pub fn client(ca_pem: &str, identity: Option<&str>) -> Result<Client> {
    install_crypto();
    let roots = Certificate::from_pem_bundle(ca_pem.as_bytes())?;
    let mut builder = Client::builder().tls_certs_only(roots).no_proxy();
    if let Some(identity) = identity {
        builder = builder.identity(Identity::from_pem(identity.as_bytes())?);
    }
    Ok(builder.build()?)
}

/// Makes `ring` the process's provider of cryptography. Where this crate is linked, reqwest has
/// TLS without a provider of its own, and even a plain `Client::new()` needs this call before it.
pub fn install_crypto() {
    // An error says that there is one already.
    let _ = ring::default_provider().install_default();
}
