//! The keys of a control plane that lives for one test run: an authority that nothing else trusts,
//! a serving certificate for the loopback address, an administrator's certificate, a key that signs
//! service accounts' tokens.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::{fs, path::Path};

/// The file names within the folder that [`write`] fills.
pub const CA: &str = "ca.pem";
pub const SERVER: &str = "server.pem";
pub const SERVER_KEY: &str = "server.key";
pub const ADMIN: &str = "admin.pem";
pub const ADMIN_KEY: &str = "admin.key";
pub const ACCOUNTS: &str = "accounts.pub";
pub const ACCOUNTS_KEY: &str = "accounts.key";

/// Writes the keys and returns the authority's certificate (PEM).
pub fn write(folder: &Path) -> Result<String> {
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
