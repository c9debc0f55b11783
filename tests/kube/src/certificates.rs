//! The certificates and keys of a control plane, new for each test run: a certificate authority, a server
//! certificate for the loopback address, an administrator's client certificate, and a key that signs the
//! tokens of service accounts.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::{fs, path::Path};

// File names in the folder of [`write_certificates`].
pub const CA: &str = "ca.pem";
pub const SERVER: &str = "server.pem";
pub const SERVER_KEY: &str = "server.key";
pub const ADMIN: &str = "admin.pem";
pub const ADMIN_KEY: &str = "admin.key";
pub const ACCOUNTS: &str = "accounts.pub";
pub const ACCOUNTS_KEY: &str = "accounts.key";

/// Writes all files and returns the authority's certificate (PEM).
pub fn write_certificates(folder: &Path) -> Result<String> {
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.distinguished_name.push(DnType::CommonName, "nokube tests");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"].map(String::from);
    let mut params = CertificateParams::new(names)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(&key, &authority)?;

    fs::write(folder.join(CA), authority.pem())?;
    fs::write(folder.join(SERVER), certificate.pem())?;
    fs::write(folder.join(SERVER_KEY), key.serialize_pem())?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([])?;
    params.distinguished_name.push(DnType::CommonName, "certified-admin");
    params.distinguished_name.push(DnType::OrganizationName, "system:masters");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    fs::write(folder.join(ADMIN), params.signed_by(&key, &authority)?.pem())?;
    fs::write(folder.join(ADMIN_KEY), key.serialize_pem())?;

    let accounts = KeyPair::generate()?;
    fs::write(folder.join(ACCOUNTS), accounts.public_key_pem())?;
    fs::write(folder.join(ACCOUNTS_KEY), accounts.serialize_pem())?;
    Ok(authority.pem())
}
