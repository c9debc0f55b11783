//! The folder of the local instance (`make run`): its secrets, random for each machine, and its settings.

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
pub const JWT_ISSUER: &str = "nokube-local";
/// The organisation that all users of the simulated GitHub belong to.
pub const EVERYBODY_ORGANISATION: &str = "everybody-org";

pub struct Secrets {
    pub jwt: String,
    pub webhook: String,
    pub session: String,
    /// The OAuth client secret for the sign-in at the simulated GitHub.
    pub client: String,
    /// The GitHub App's private key: PEM on one line, with `\n` for line breaks.
    pub app_key: String,
    pub cluster_token: String,
    pub names_key: String,
}

/// Reads the secrets. Generates and saves the missing ones.
///
/// # Errors
/// The folder cannot be read or written.
pub fn load_secrets(folder: &Path) -> Result<Secrets> {
    let path = folder.join("secrets");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    let mut lines = text.clone();
    let mut get_or_generate = |name: &str, generate: fn() -> Result<String>| -> Result<String> {
        let mut saved = text.lines().filter_map(|line| line.split_once('='));
        if let Some((_, value)) = saved.find(|(saved, value)| *saved == name && !value.is_empty()) {
            return Ok(value.to_owned());
        }
        let value = generate()?;
        lines.push_str(&format!("{name}={value}\n"));
        Ok(value)
    };
    let secrets = Secrets {
        jwt: get_or_generate("JWT_SECRET", random_secret)?,
        webhook: get_or_generate("WEBHOOK_SECRET", random_secret)?,
        session: get_or_generate("SESSION_SECRET", random_secret)?,
        client: get_or_generate("CLIENT_SECRET", random_secret)?,
        app_key: get_or_generate("APP_PRIVATE_KEY", generate_app_key)?,
        cluster_token: get_or_generate("CLUSTER_TOKEN", random_secret)?,
        names_key: get_or_generate("NAMES_KEY", random_secret)?,
    };
    if lines != text {
        write_file(folder, &path, &lines)?;
    }
    Ok(secrets)
}

fn random_secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("read random bytes")?;
    Ok(HEXLOWER.encode(&bytes))
}

fn generate_app_key() -> Result<String> {
    // 2,048 bits, like a GitHub App's key.
    let key = PrivateKey::try_generate().context("generate an RSA key")?;
    let pem = key.to_pkcs1_pem(LineEnding::LF).context("encode the RSA key")?;
    Ok(pem.trim().replace('\n', "\\n"))
}

/// The file with the settings of the running instance.
pub fn settings_path(folder: &Path) -> PathBuf {
    folder.join("settings.env")
}

/// Writes the settings in the format of `.env`. Returns the file's path.
///
/// # Errors
/// The folder cannot be written.
pub fn write_settings(folder: &Path, variables: &[(&str, &str)]) -> Result<PathBuf> {
    let path = settings_path(folder);
    let line =
        |(name, value): &(&str, &str)| format!("SPIN_VARIABLE_{}='{value}'\n", name.to_uppercase());
    write_file(folder, &path, &variables.iter().map(line).collect::<String>())?;
    Ok(path)
}

/// Writes atomically, with permissions for the owner only.
fn write_file(folder: &Path, path: &Path, text: &str) -> Result<()> {
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| format!("create the folder {}", folder.display()))?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).with_context(|| format!("write {}", path.display()))
}
