//! The address of a repository at GitHub, in the forms that git's remotes have.

use std::fmt;
use url::Url;

/// GitHub's host for SSH over the port of HTTPS.
const SSH_OVER_HTTPS: &str = "ssh.github.com";

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    /// Of the web server; that of an SSH server says nothing about it.
    port: Option<u16>,
    owner: String,
    name: String,
    /// The host is a name in DNS or an address, and not a short name of `insteadOf` or of SSH's configuration.
    is_complete: bool,
}

impl Address {
    /// Parses `https://HOST/OWNER/NAME`, `ssh://git@HOST:PORT/OWNER/NAME` and `git@HOST:OWNER/NAME`, each with or
    /// without `.git`. `None` for anything else, such as a folder.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.contains("://") {
            true => Self::from_url(text),
            false => Self::from_scp(text),
        }
    }

    fn from_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let port = match url.scheme() {
            "https" | "http" | "git+https" => url.port(),
            "ssh" | "git" | "git+ssh" | "ssh+git" => None,
            _ => return None,
        };
        Self::new(url.host_str()?, port, url.path(), true)
    }

    /// The form of `scp`: `USER@HOST:PATH`. It has no port.
    fn from_scp(text: &str) -> Option<Self> {
        let (host, path) = text.split_once(':')?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        // A folder with a colon in its name, or a drive of Windows.
        if host.contains(['/', '\\']) || host.len() < 2 {
            return None;
        }
        Self::new(host, None, path, host.contains('.') || host == "localhost")
    }

    fn new(host: &str, port: Option<u16>, path: &str, is_complete: bool) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let host = match host.as_str() {
            SSH_OVER_HTTPS | "www.github.com" => "github.com".to_owned(),
            _ => host,
        };
        let path = path.trim_matches('/');
        let (owner, name) = path.strip_suffix(".git").unwrap_or(path).split_once('/')?;
        let is_valid = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let is_repository = is_valid(owner) && is_valid(name) && !matches!(name, "." | "..");
        is_repository.then(|| Self {
            host,
            port,
            owner: owner.to_owned(),
            name: name.to_owned(),
            is_complete,
        })
    }

    /// `https://HOST/OWNER/NAME`, which the API accepts as `repository_url`.
    pub fn url(&self) -> String {
        let Self { host, port, owner, name, .. } = self;
        match port {
            Some(port) => format!("https://{host}:{port}/{owner}/{name}"),
            None => format!("https://{host}/{owner}/{name}"),
        }
    }

    /// The name, without that of the owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `url` is this repository. GitHub's names have no case.
    pub fn is(&self, url: &str) -> bool {
        Self::parse(url).is_some_and(|other| other.url().eq_ignore_ascii_case(&self.url()))
    }
}

/// `OWNER/NAME`
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// The address that a remote has: as it is configured, if that is complete, else as git rewrites it (`insteadOf`). So a
/// mirror that git reads from in place of GitHub is not taken for the repository.
pub fn of_remote(configured: &str, rewritten: &str) -> Option<Address> {
    let configured = Address::parse(configured);
    if let Some(address) = configured.as_ref().filter(|address| address.is_complete) {
        return Some(address.clone());
    }
    Address::parse(rewritten).or(configured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.url())
    }

    #[test]
    fn every_form_of_a_repository_at_github_is_read() {
        for text in [
            "https://github.com/acme/shop",
            "https://github.com/acme/shop.git",
            "https://github.com/acme/shop/",
            "https://alice:token@github.com/acme/shop.git",
            "http://github.com/acme/shop",
            "git@github.com:acme/shop.git",
            "git@github.com:/acme/shop.git",
            "github.com:acme/shop",
            "ssh://git@github.com/acme/shop.git",
            "ssh://git@github.com:22/acme/shop",
            "ssh://git@ssh.github.com:443/acme/shop.git",
            "git@GitHub.com:acme/shop",
            "git://github.com/acme/shop.git",
            "git+ssh://git@github.com/acme/shop.git",
            "  https://www.github.com/acme/shop\n",
        ] {
            assert_eq!(url(text).as_deref(), Some("https://github.com/acme/shop"), "{text}");
        }
    }

    #[test]
    fn a_github_enterprise_server_keeps_its_host_and_the_port_of_its_web_server() {
        let enterprise = Some("https://git.example.org/team/my.app".to_owned());
        assert_eq!(url("git@git.example.org:team/my.app.git"), enterprise);
        assert_eq!(url("ssh://git@git.example.org:2222/team/my.app.git"), enterprise);
        let with_port = Some("https://git.example.org:8443/team/my.app".to_owned());
        assert_eq!(url("https://git.example.org:8443/team/my.app.git"), with_port);
    }

    #[test]
    fn what_is_no_repository_at_github_has_no_address() {
        for text in [
            "",
            "/srv/git/shop.git",
            "../shop",
            "file:///srv/git/shop.git",
            r"C:\projects\shop",
            "C:/projects/shop",
            "./odd:name/x",
            "https://github.com/acme",
            "https://gitlab.com/group/subgroup/shop",
            "git@github.com:2222/acme/shop",
            "https://github.com/acme/..",
            "https://github.com/acme/sh op",
            "ftp://github.com/acme/shop",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }

    #[test]
    fn names_have_no_case_at_github() {
        let address = Address::parse("git@github.com:Acme/Shop.git").unwrap();
        assert!(address.is("https://github.com/acme/shop"));
        assert!(!address.is("https://github.com/acme/shop2"));
        assert_eq!(address.to_string(), "Acme/Shop");
    }

    #[test]
    fn a_short_name_is_taken_as_git_rewrites_it_and_a_mirror_is_not() {
        let of =
            |configured, rewritten| of_remote(configured, rewritten).map(|address| address.url());
        let shop = Some("https://github.com/acme/shop".to_owned());
        assert_eq!(of("gh:acme/shop", "https://github.com/acme/shop"), shop);
        assert_eq!(of("git@work:acme/shop", "git@github.com:acme/shop"), shop);
        assert_eq!(of("https://github.com/acme/shop", "/srv/mirror/shop.git"), shop);
        let alias = Some("https://work/acme/shop".to_owned());
        assert_eq!(of("git@work:acme/shop", "/srv/git"), alias);
        assert_eq!(of("/srv/git/shop.git", "/srv/git/shop.git"), None);
    }
}
