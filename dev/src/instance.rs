//! The local instance: its folder, and its secrets, random for each machine.

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use rsa::{Generate, PrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs8::LineEnding};
use std::{collections::BTreeMap, fs, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

/// The folder of the local instance, in the project's root; not committed.
pub const FOLDER: &str = ".nokube";

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
}

/// Reads the secrets, which are made the first time.
///
/// # Errors
/// The folder cannot be written, or somebody has changed the file.
pub fn secrets() -> Result<Secrets> {
    let path = PathBuf::from(FOLDER).join("secrets");
    if !path.exists() {
        write(&path, &make()?)?;
    }
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let mut values: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let mut take = |name: &str| match values.remove(name) {
        Some(value) => Ok(value.to_owned()),
        None => bail!("{} lacks {name}: remove the file, a new one is made", path.display()),
    };
    Ok(Secrets {
        jwt: take("JWT_SECRET")?,
        webhook: take("WEBHOOK_SECRET")?,
        session: take("SESSION_SECRET")?,
        client: take("CLIENT_SECRET")?,
        app_key: take("APP_PRIVATE_KEY")?,
    })
}

fn make() -> Result<String> {
    let random = || -> Result<String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("this machine gives no randomness")?;
        Ok(HEXLOWER.encode(&bytes))
    };
    // A GitHub App's key has 2,048 bits.
    let key = PrivateKey::try_generate().context("make an RSA key")?;
    let pem = key.to_pkcs1_pem(LineEnding::LF).context("write the RSA key")?;
    let pem = pem.trim().replace('\n', "\\n");
    let names = ["JWT_SECRET", "WEBHOOK_SECRET", "SESSION_SECRET", "CLIENT_SECRET"];
    let mut text = format!("APP_PRIVATE_KEY={pem}\n");
    for name in names {
        text.push_str(&format!("{name}={}\n", random()?));
    }
    Ok(text)
}

/// Written whole or not at all, and readable by its owner only.
fn write(path: &PathBuf, text: &str) -> Result<()> {
    fs::create_dir_all(FOLDER).with_context(|| format!("make the folder {FOLDER}"))?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).with_context(|| format!("write {}", path.display()))
}
