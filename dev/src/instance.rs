//! The local instance: its folder, and its secrets, random for each machine.

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

pub const APP_CLIENT_ID: &str = "Iv23liLocalInstance";
pub const BUILDER: &str = "nokube/builder";
pub const ISSUER: &str = "nokube-local";
/// An organisation of the simulated GitHub that everybody belongs to.
pub const EVERYBODY: &str = "everybody-org";

/// The secrets of the local instance.
pub struct Secrets {
    pub jwt: String,
    pub webhook: String,
    /// Signs the sessions.
    pub session: String,
    /// With which the platform signs people in at the simulated GitHub.
    pub client: String,
    /// PEM on one line, line breaks written `\n`.
    pub app_key: String,
    pub cluster_token: String,
    pub names_key: String,
}

/// Reads the secrets; those that are not there yet are made.
///
/// # Errors
/// The folder cannot be read or written.
pub fn secrets(folder: &Path) -> Result<Secrets> {
    let path = folder.join("secrets");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    let mut lines = text.clone();
    let mut take = |name: &str, make: fn() -> Result<String>| -> Result<String> {
        let mut known = text.lines().filter_map(|line| line.split_once('='));
        if let Some((_, value)) = known.find(|(known, value)| *known == name && !value.is_empty()) {
            return Ok(value.to_owned());
        }
        let value = make()?;
        lines.push_str(&format!("{name}={value}\n"));
        Ok(value)
    };
    let secrets = Secrets {
        jwt: take("JWT_SECRET", random)?,
        webhook: take("WEBHOOK_SECRET", random)?,
        session: take("SESSION_SECRET", random)?,
        client: take("CLIENT_SECRET", random)?,
        app_key: take("APP_PRIVATE_KEY", app_key)?,
        cluster_token: take("CLUSTER_TOKEN", random)?,
        names_key: take("NAMES_KEY", random)?,
    };
    if lines != text {
        write(folder, &path, &lines)?;
    }
    Ok(secrets)
}

fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("this machine gives no randomness")?;
    Ok(HEXLOWER.encode(&bytes))
}

fn app_key() -> Result<String> {
    // A GitHub App's key has 2,048 bits.
    let key = PrivateKey::try_generate().context("make an RSA key")?;
    let pem = key.to_pkcs1_pem(LineEnding::LF).context("write the RSA key")?;
    Ok(pem.trim().replace('\n', "\\n"))
}

/// The settings of the local instance while it runs.
pub fn settings(folder: &Path) -> PathBuf {
    folder.join("settings.env")
}

/// Writes them, as Spin reads them, and returns where.
///
/// # Errors
/// The folder cannot be written.
pub fn set(folder: &Path, variables: &[(&str, &str)]) -> Result<PathBuf> {
    let path = settings(folder);
    let line =
        |(name, value): &(&str, &str)| format!("SPIN_VARIABLE_{}='{value}'\n", name.to_uppercase());
    write(folder, &path, &variables.iter().map(line).collect::<String>())?;
    Ok(path)
}

/// Written whole or not at all, and readable by its owner only.
fn write(folder: &Path, path: &Path, text: &str) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("make the folder {}", folder.display()))?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).with_context(|| format!("write {}", path.display()))
}
