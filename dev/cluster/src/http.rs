//! HTTPS to an API server with its own certificate authority.

use anyhow::Result;
use reqwest::{Certificate, Client, Identity};
use rustls::crypto::ring;

/// A client that trusts only this certificate authority. `identity` is a client certificate with its key
/// (PEM).
///
/// A client belongs to the async runtime that first used it, so each test needs its own.
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

/// Makes `ring` the crypto provider of the process, for the tests' own TLS servers.
pub fn install_crypto_provider() {
    // Fails only if a provider is already installed.
    let _ = ring::default_provider().install_default();
}
