//! `config.toml`: the platforms that this computer knows. It has no secrets.

use crate::{Error, Exit, Result, environment::Environment, text};
use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Write},
    net::IpAddr,
    path::{Path, PathBuf},
};
use url::{Host, Url};

/// The address of a platform: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(Url);

impl Origin {
    /// Reads an address. Without a scheme, it is `http` for this computer, and else `https`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || {
            Error::usage(text!(
                "{text:?} is not an address of a platform, such as https://nokube.example.com.",
                "{text:?} n’est pas l’adresse d’une plateforme, comme https://nokube.example.com."
            ))
        };
        let parse = |text: &str| Url::parse(text).map_err(|_| invalid());
        let url = if text.contains("://") {
            parse(text)?
        } else {
            let secure = parse(&format!("https://{text}"))?;
            if is_loopback(&secure) { parse(&format!("http://{text}"))? } else { secure }
        };
        let has_more = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || has_more {
            return Err(invalid());
        }
        let mut origin = url;
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        Ok(Self(origin))
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Host and port, without a default port.
    pub fn authority(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether nobody on the way reads what is sent.
    fn is_private(&self) -> bool {
        self.0.scheme() == "https" || self.is_loopback()
    }

    /// Fails if a token that is sent there could be read on the way.
    pub fn require_private(&self) -> Result<()> {
        if self.is_private() {
            return Ok(());
        }
        Err(Error::usage(text!(
            "{self} is not encrypted: a token would be readable on the way.",
            "{self} n’est pas chiffré : un jeton serait lisible en chemin."
        ))
        .next(text!("Use its https:// address.", "Utilisez son adresse https://.")))
    }

    /// The address of a path, which begins with a slash.
    pub fn url(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The name of the default platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Addresses by name.
    #[serde(default)]
    pub platforms: BTreeMap<String, String>,
}

impl Config {
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("config.toml");
        let Some(content) = read_if_exists(&path)? else { return Ok(Self::default()) };
        toml::from_str(&content).map_err(|error| file_error(&path, &error))
    }

    pub fn save(&self, folder: &Path) -> Result<()> {
        let path = folder.join("config.toml");
        let content = toml::to_string(self).map_err(|error| file_error(&path, &error))?;
        write_private(&path, &content)
    }

    /// The address of a platform by its name.
    pub fn origin(&self, name: &str) -> Result<Option<Origin>> {
        self.platforms.get(name).map(|url| Origin::parse(url)).transpose()
    }

    /// The name of an address.
    pub fn name(&self, origin: &Origin) -> Option<&str> {
        let is_it = |url: &str| Origin::parse(url).is_ok_and(|other| other == *origin);
        self.platforms.iter().find(|(_, url)| is_it(url)).map(|(name, _)| name.as_str())
    }

    /// Adds a platform, under another name if it has one already. The first one is the default one.
    pub fn add(&mut self, name: &str, origin: &Origin) {
        if let Some(earlier) = self.name(origin).map(str::to_owned)
            && earlier != name
        {
            self.platforms.remove(&earlier);
            if self.default.as_deref() == Some(earlier.as_str()) {
                self.default = Some(name.to_owned());
            }
        }
        self.platforms.insert(name.to_owned(), origin.to_string());
        self.default.get_or_insert_with(|| name.to_owned());
    }

    pub fn remove(&mut self, name: &str) {
        self.platforms.remove(name);
        if self.default.as_deref() == Some(name) {
            self.default = self.platforms.keys().next().cloned();
        }
    }
}

/// The folder of configuration and credentials: `~/.config/nokube`, or on Windows `%APPDATA%\nokube`.
pub fn folder(environment: &Environment) -> Result<PathBuf> {
    if let Some(folder) = &environment.config_dir {
        return Ok(folder.clone());
    }
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Error::failed(text!(
            "There is no home folder. NOKUBE_CONFIG_DIR can name a folder for the configuration.",
            "Il n’y a pas de dossier personnel. NOKUBE_CONFIG_DIR peut en nommer un pour la configuration."
        ))
    })?;
    Ok(strategy.config_dir().join("nokube"))
}

/// The content of a file, or `None` if there is none.
pub fn read_if_exists(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path, &error)),
    }
}

/// Replaces a file that only its owner may read. A reader sees the old content or the new one.
pub fn write_private(path: &Path, content: &str) -> Result<()> {
    replace(path, content).map_err(|error| file_error(path, &error))
}

fn replace(path: &Path, content: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    // What an interrupted run has left may have other rights.
    let _ = fs::remove_file(&temporary);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

pub fn file_error(path: &Path, error: &dyn fmt::Display) -> Error {
    let path = path.display();
    Error::new(Exit::Failed, format!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        let parse = |text: &str| Origin::parse(text).unwrap().to_string();
        assert_eq!(parse("nokube.example.com"), "https://nokube.example.com");
        assert_eq!(parse("https://nokube.example.com/login?x=1#y"), "https://nokube.example.com");
        assert_eq!(parse("localhost:3000"), "http://localhost:3000");
        assert_eq!(parse("127.0.0.1:3000"), "http://127.0.0.1:3000");
        assert_eq!(parse("http://example.com:8080/"), "http://example.com:8080");
        for wrong in ["", "ftp://example.com", "https://alice:pw@example.com", "https://", "a b"] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tokens_are_sent_only_where_nobody_reads_them() {
        let private = |text: &str| Origin::parse(text).unwrap().is_private();
        assert!(private("https://example.com"));
        assert!(private("http://[::1]:3000"));
        assert!(private("http://nokube.localhost:3000"));
        assert!(!private("http://example.com"));
        assert!(!private("http://localhost.example.com"));
        assert!(!private("http://10.0.0.1:3000"));
    }

    #[test]
    fn the_first_platform_is_the_default_one() {
        let (first, second) =
            (Origin::parse("a.example.com").unwrap(), Origin::parse("b.example.com").unwrap());
        let mut config = Config::default();
        config.add("a", &first);
        config.add("b", &second);
        assert_eq!(config.default.as_deref(), Some("a"));
        config.add("renamed", &first);
        assert_eq!(config.default.as_deref(), Some("renamed"));
        assert_eq!(config.name(&first), Some("renamed"));
        config.remove("renamed");
        assert_eq!(config.default.as_deref(), Some("b"));
        assert_eq!(config.platforms.len(), 1);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        assert_eq!(Config::load(&folder).unwrap(), Config::default());
        let mut config = Config::default();
        config.add("a", &Origin::parse("a.example.com").unwrap());
        config.save(&folder).unwrap();
        config.save(&folder).unwrap();
        assert_eq!(Config::load(&folder).unwrap(), config);
    }
}
