//! Installations of the GitHub App and their access tokens.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::hash;

use super::events::{InstallationChange, InstallationEvent, WebhookEvent};
use super::repositories::Repository;
use super::{Effect, Model};

/// The permissions and events of the App, or those that an installation has accepted. No API changes them: the
/// App's owner does, and then each installation accepts the new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppVersion {
    /// Level by name.
    pub permissions: BTreeMap<String, String>,
    pub events: BTreeSet<String>,
}

impl AppVersion {
    /// All that the product needs.
    pub fn current() -> Self {
        Self::before_previews()
            .with_permission("deployments", "write")
            .with_permission("pull_requests", "read")
            .with_event("pull_request")
    }

    /// What the product needed before it reported deployments and had previews of pull requests.
    pub fn before_previews() -> Self {
        let old = Self::before_statuses().with_permission("statuses", "write");
        ["create", "delete", "push", "repository"].into_iter().fold(old, Self::with_event)
    }

    /// What the product needed before it wrote commit statuses and built on push.
    pub fn before_statuses() -> Self {
        let permissions = [
            ("actions", "write"),
            ("contents", "read"),
            ("members", "read"),
            ("metadata", "read"),
            ("packages", "read"),
        ];
        let none = Self { permissions: BTreeMap::new(), events: BTreeSet::new() };
        let version =
            permissions.iter().fold(none, |all, (name, level)| all.with_permission(name, level));
        ["package", "workflow_job", "workflow_run"].into_iter().fold(version, Self::with_event)
    }

    pub fn with_permission(mut self, name: &str, level: &str) -> Self {
        self.permissions.insert(name.to_owned(), level.to_owned());
        self
    }

    pub fn without_permission(mut self, name: &str) -> Self {
        self.permissions.remove(name);
        self
    }

    pub fn with_event(mut self, name: &str) -> Self {
        self.events.insert(name.to_owned());
        self
    }

    pub fn without_event(mut self, name: &str) -> Self {
        self.events.remove(name);
        self
    }
}

/// What an installation access token gives access to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationToken {
    pub installation: u64,
    pub account: String,
    /// Names without the owner, in lower case. None: all repositories of the account.
    pub repositories: Option<Vec<String>>,
    pub permissions: BTreeMap<String, String>,
    pub expires_at: Timestamp,
}

#[derive(Debug)]
pub struct Installations {
    tokens: BTreeMap<String, InstallationToken>,
    /// By installation id.
    accounts: BTreeMap<u64, String>,
    /// What the App has now.
    pub app: AppVersion,
    /// What installations have accepted, by account in lower case. All others have what the App has.
    accepted: BTreeMap<String, AppVersion>,
    /// Accounts whose installation is suspended, in lower case.
    suspended: BTreeSet<String>,
}

impl Default for Installations {
    fn default() -> Self {
        Self {
            tokens: BTreeMap::new(),
            accounts: BTreeMap::new(),
            app: AppVersion::current(),
            accepted: BTreeMap::new(),
            suspended: BTreeSet::new(),
        }
    }
}

impl Installations {
    /// What the account's installation has accepted.
    pub fn version(&self, account: &str) -> &AppVersion {
        self.accepted.get(&account.to_ascii_lowercase()).unwrap_or(&self.app)
    }

    /// `None`: the same as the App has, now and after its changes.
    pub fn set_version(&mut self, account: &str, version: Option<AppVersion>) {
        let account = account.to_ascii_lowercase();
        match version {
            Some(version) => self.accepted.insert(account, version),
            None => self.accepted.remove(&account),
        };
    }

    pub fn is_suspended(&self, account: &str) -> bool {
        self.suspended.contains(&account.to_ascii_lowercase())
    }

    /// The accounts whose installations were used.
    pub fn accounts(&self) -> impl Iterator<Item = &String> {
        self.accounts.values()
    }

    /// The id of the account's installation. It does not change with a restart, because the product
    /// may have cached it.
    pub fn id_for_account(&mut self, account: &str) -> u64 {
        let id = hash::id_from_name(40_000_000, account);
        self.accounts.insert(id, account.to_owned());
        id
    }

    /// The account of an installation that [`Installations::id_for_account`] returned before.
    pub fn account(&self, installation: u64) -> Option<&str> {
        self.accounts.get(&installation).map(String::as_str)
    }

    /// Issues a token that is valid for one hour.
    pub fn issue_token(
        &mut self,
        installation: u64,
        account: &str,
        repositories: Option<Vec<String>>,
        permissions: BTreeMap<String, String>,
        now: Timestamp,
    ) -> (String, InstallationToken) {
        // As long as GitHub's newer tokens, so that the product does not rely on 40 characters.
        let token = format!("ghs_{installation}_{}.{}", hash::random(), hash::random());
        let access = InstallationToken {
            installation,
            account: account.to_owned(),
            repositories,
            permissions,
            expires_at: now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
        };
        self.tokens.insert(token.clone(), access.clone());
        (token, access)
    }

    /// None if the token is unknown or expired.
    pub fn find_token(&self, token: &str, now: Timestamp) -> Option<&InstallationToken> {
        self.tokens.get(token).filter(|token| token.expires_at > now)
    }

    /// Tokens are for the repository, whatever it is called.
    pub fn rename_repository(&mut self, account: &str, old: &str, new: &str) {
        let of_account =
            |token: &&mut InstallationToken| token.account.eq_ignore_ascii_case(account);
        for token in self.tokens.values_mut().filter(of_account) {
            for name in token.repositories.iter_mut().flatten() {
                if name.eq_ignore_ascii_case(old) {
                    *name = new.to_ascii_lowercase();
                }
            }
        }
    }

    /// Revokes every token, as GitHub does when an installation is suspended.
    pub fn revoke_all_tokens(&mut self) {
        self.tokens.clear();
    }
}

impl Model {
    /// The owner of an account accepts what the App has now.
    pub fn accept_permissions(&mut self, account: &str) -> Vec<Effect> {
        self.installations.set_version(account, None);
        vec![event(account, InstallationChange::Installation("new_permissions_accepted"))]
    }

    /// Installs the App on all repositories of an account, or uninstalls it.
    pub fn set_installed(&mut self, account: &str, installed: bool) -> Vec<Effect> {
        self.repositories.set_app_installed(account, installed);
        let action = if installed { "created" } else { "deleted" };
        vec![event(account, InstallationChange::Installation(action))]
    }

    pub fn set_suspended(&mut self, account: &str, suspended: bool) -> Vec<Effect> {
        let key = account.to_ascii_lowercase();
        let action = if suspended { "suspend" } else { "unsuspend" };
        match suspended {
            true => self.installations.suspended.insert(key),
            false => self.installations.suspended.remove(&key),
        };
        vec![event(account, InstallationChange::Installation(action))]
    }

    /// Adds a repository to those that the installation covers, or removes it.
    pub fn set_covered(&mut self, repository: &Repository, covered: bool) -> Vec<Effect> {
        let listed = vec![repository.clone()];
        let (added, removed) = if covered { (listed, Vec::new()) } else { (Vec::new(), listed) };
        vec![event(&repository.owner, InstallationChange::Repositories { added, removed })]
    }
}

fn event(account: &str, change: InstallationChange) -> Effect {
    let event = InstallationEvent { account: account.to_owned(), change };
    Effect::SendWebhook(WebhookEvent::Installation(event))
}
