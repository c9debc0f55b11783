//! API tokens of this computer, by the address of their platform: in the keyring of the system, or where there is none
//! in a file that only its owner may read.

use crate::{
    Result,
    config::{Origin, file_error, read_if_exists, write_private},
    text,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task::spawn_blocking, time::timeout};

const SERVICE: &str = "nokube";
/// A locked keyring asks its owner for a password.
const KEYRING_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Credentials {
    path: PathBuf,
    use_keyring: bool,
}

/// Where a token was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Keyring,
    File,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

impl Credentials {
    pub fn new(folder: &Path, use_keyring: bool) -> Self {
        Self { path: folder.join("credentials.toml"), use_keyring }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token of a platform. The file comes first, because it needs no other process.
    pub async fn token(&self, origin: &Origin) -> Result<Option<String>> {
        if let Some(token) = self.load()?.tokens.remove(&origin.to_string()) {
            return Ok(Some(token));
        }
        let read = |entry: keyring::Entry| entry.get_password();
        Ok(self.with_keyring(origin, read).await)
    }

    pub async fn store(&self, origin: &Origin, token: &str) -> Result<Place> {
        let secret = token.to_owned();
        let write = move |entry: keyring::Entry| entry.set_password(&secret);
        if self.with_keyring(origin, write).await.is_some() {
            self.remove_from_file(origin)?;
            return Ok(Place::Keyring);
        }
        self.change(|tokens| {
            tokens.insert(origin.to_string(), token.to_owned());
            true
        })?;
        Ok(Place::File)
    }

    pub async fn forget(&self, origin: &Origin) -> Result<()> {
        self.remove_from_file(origin)?;
        self.with_keyring(origin, |entry| entry.delete_credential()).await;
        Ok(())
    }

    /// What `use_entry` returns, or `None` if there is no keyring or it has no such entry.
    async fn with_keyring<T: Send + 'static>(
        &self,
        origin: &Origin,
        use_entry: impl FnOnce(keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Option<T> {
        if !self.use_keyring {
            return None;
        }
        let user = origin.to_string();
        let work =
            spawn_blocking(move || keyring::Entry::new(SERVICE, &user).and_then(use_entry).ok());
        timeout(KEYRING_TIMEOUT, work).await.ok()?.ok()?
    }

    fn load(&self) -> Result<File> {
        let Some(content) = read_if_exists(&self.path)? else { return Ok(File::default()) };
        // The parser's message would quote the line, which has a token.
        toml::from_str(&content).map_err(|_| {
            let message = text!("This is not TOML.", "Ce n’est pas du TOML.");
            file_error(&self.path, &message).next(text!(
                "Delete the file, and sign in again.",
                "Supprimez le fichier, et reconnectez-vous."
            ))
        })
    }

    fn remove_from_file(&self, origin: &Origin) -> Result<()> {
        self.change(|tokens| tokens.remove(&origin.to_string()).is_some())
    }

    /// Writes the file if `change` says that it has changed something.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, String>) -> bool) -> Result<()> {
        let mut file = self.load()?;
        if !change(&mut file.tokens) {
            return Ok(());
        }
        let content = toml::to_string(&file).map_err(|error| file_error(&self.path, &error))?;
        write_private(&self.path, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn without_a_keyring_tokens_are_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::new(&folder.path().join("nokube"), false);
        let (one, other) =
            (Origin::parse("a.example.com").unwrap(), Origin::parse("b.example.com").unwrap());
        assert_eq!(credentials.token(&one).await.unwrap(), None);
        assert_eq!(credentials.store(&one, "nkt_1").await.unwrap(), Place::File);
        credentials.store(&other, "nkt_2").await.unwrap();
        assert_eq!(credentials.token(&one).await.unwrap().as_deref(), Some("nkt_1"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(credentials.path()), 0o600);
            assert_eq!(mode(credentials.path().parent().unwrap()), 0o700);
        }
        credentials.forget(&one).await.unwrap();
        assert_eq!(credentials.token(&one).await.unwrap(), None);
        assert_eq!(credentials.token(&other).await.unwrap().as_deref(), Some("nkt_2"));
    }

    #[tokio::test]
    async fn an_invalid_file_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::new(folder.path(), false);
        fs::write(credentials.path(), "tokens = nkt_secret").unwrap();
        let origin = Origin::parse("a.example.com").unwrap();
        let error = credentials.token(&origin).await.unwrap_err();
        assert!(!error.message.contains("nkt_secret"), "{}", error.message);
    }
}
