//! Who may sign in: the operator's allowlist, matched against what GitHub reports about an account.
//! An empty allowlist admits nobody.

use crate::{Person, access::GitHubIdentity, name::Login};
use serde::{Deserialize, Serialize};

/// A person on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// A GitHub login. Logins can change hands, so the entry belongs to the account that first signs in
    /// with it.
    Login(String),
    /// `id:NUMBER`: a GitHub account number, which never changes hands.
    Account(u64),
    /// `jwt:SUBJECT`: the subject of the external issuer's JWTs.
    Subject(String),
}

/// What GitHub reported about an account at sign-in, restricted to what the allowlist mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitHubMembership {
    pub account: u64,
    /// Lower case. Empty when the allowlist entry for this login belongs to another account, which signed
    /// in with it earlier.
    pub login: String,
    /// The listed organisations that the account belongs to, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// The listed teams that the account belongs to: `organisation/team`, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

/// The operator's parsed lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowlist {
    users: Vec<Entry>,
    pub organisations: Vec<String>,
    /// `organisation/team`
    pub teams: Vec<String>,
    administrators: Vec<Entry>,
}

/// The lists as written in the settings: comma-separated.
#[derive(Clone, Debug, Default)]
pub struct AllowlistSettings {
    pub users: String,
    pub organisations: String,
    pub teams: String,
    pub administrators: String,
}

/// A setting with an invalid entry, and what each of its entries must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEntry {
    pub setting: &'static str,
    pub requirement: &'static str,
}

impl Allowlist {
    /// # Errors
    /// All invalid entries.
    pub fn parse(settings: &AllowlistSettings) -> Result<Self, Vec<InvalidEntry>> {
        let person = "must be a GitHub login, or id:NUMBER, or jwt:SUBJECT";
        let organisation = "must be an organisation's login at GitHub";
        let team = "must be ORGANISATION/TEAM, the team as in its address at GitHub";
        let mut invalid = Vec::new();
        let (parse, errors) = (parse_entry, &mut invalid);
        let users = parse_list("auth_allowed_users", &settings.users, parse, person, errors);
        let administrators =
            parse_list("auth_administrators", &settings.administrators, parse, person, errors);
        let (setting, list) = ("auth_allowed_organisations", &settings.organisations);
        let organisations = parse_list(setting, list, parse_name, organisation, errors);
        let teams = parse_list("auth_allowed_teams", &settings.teams, parse_team, team, errors);
        if invalid.is_empty() {
            Ok(Self { users, organisations, teams, administrators })
        } else {
            Err(invalid)
        }
    }

    /// Whether a user or administrator is listed by this login.
    pub fn lists_login(&self, login: &str) -> bool {
        let matches = |entry: &Entry| matches!(entry, Entry::Login(listed) if listed == login);
        self.users.iter().chain(&self.administrators).any(matches)
    }

    pub fn allows_sign_in(&self, membership: &GitHubMembership) -> bool {
        let lists = |list: &[Entry]| list.iter().any(|entry| entry.matches(membership));
        let any = |listed: &[String], theirs: &[String]| theirs.iter().any(|t| listed.contains(t));
        lists(&self.administrators)
            || lists(&self.users)
            || any(&self.organisations, &membership.organisations)
            || any(&self.teams, &membership.teams)
    }

    /// Whether a person is an administrator. Someone who signed in at GitHub is matched by account number
    /// and login only; a person of the external issuer by their subject only.
    pub fn is_administrator(
        &self,
        person: &Person,
        membership: Option<&GitHubMembership>,
        identity: GitHubIdentity,
    ) -> bool {
        self.administrators.iter().any(|entry| match (entry, membership, identity) {
            (_, Some(membership), GitHubIdentity::Account(_)) => entry.matches(membership),
            (Entry::Subject(subject), None, GitHubIdentity::Login | GitHubIdentity::Unknown) => {
                *subject == person.subject
            }
            _ => false,
        })
    }

    /// Describes who may sign in, for the operator.
    pub fn describe(&self) -> String {
        let is_login = |entry: &Entry| matches!(entry, Entry::Login(_));
        let by_login = self.users.iter().chain(&self.administrators).any(is_login);
        let login_hint = "; a listed login stands for the account that first signs in with it (use id:NUMBER to name one)";
        format!("{}{}", self.describe_people(), if by_login { login_hint } else { "" })
    }

    fn describe_people(&self) -> String {
        if self.is_empty() {
            return "nobody may sign in: set auth_administrators, and auth_allowed_users, \
                    auth_allowed_organisations or auth_allowed_teams"
                .into();
        }
        let lists = [
            (self.administrators.len(), "administrator", "administrators"),
            (self.users.len(), "listed user", "listed users"),
            (self.organisations.len(), "organisation's members", "organisations' members"),
            (self.teams.len(), "team's members", "teams' members"),
        ];
        let nonempty = lists.into_iter().filter(|(count, ..)| *count > 0);
        let counted = nonempty.map(|(count, singular, plural)| match count {
            1 => format!("1 {singular}"),
            count => format!("{count} {plural}"),
        });
        let who = counted.collect::<Vec<_>>().join(", ");
        let others = self.users.len() + self.organisations.len() + self.teams.len();
        if others > 0 {
            return format!("may sign in: {who}");
        }
        format!(
            "may sign in: only {who}; set auth_allowed_users, auth_allowed_organisations or \
             auth_allowed_teams to let others in"
        )
    }

    /// Whether nobody may sign in.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.organisations.is_empty()
            && self.teams.is_empty()
            && self.administrators.is_empty()
    }
}

impl Entry {
    fn matches(&self, membership: &GitHubMembership) -> bool {
        match self {
            Self::Login(login) => *login == membership.login,
            Self::Account(account) => *account == membership.account,
            Self::Subject(_) => false,
        }
    }
}

fn parse_entry(text: &str) -> Option<Entry> {
    match text.split_once(':') {
        Some(("id", number)) => number.parse().ok().map(Entry::Account),
        Some(("jwt", subject)) if !subject.is_empty() => Some(Entry::Subject(subject.into())),
        Some(_) => None,
        // A few old logins have no letter or digit. In a list such a text is probably a typing error, so `id:NUMBER`
        // must name these people.
        None => text
            .parse::<Login>()
            .ok()
            .filter(|login| login.as_str().bytes().any(|b| b.is_ascii_alphanumeric()))
            .map(|login| Entry::Login(login.to_string())),
    }
}

/// Parses the trimmed, lower-case items of a comma-separated list. Logins, teams and the external issuer's
/// subjects are case-insensitive.
fn parse_list<T>(
    setting: &'static str,
    list: &str,
    parse: fn(&str) -> Option<T>,
    requirement: &'static str,
    invalid: &mut Vec<InvalidEntry>,
) -> Vec<T> {
    let items = list.split(',').map(|item| item.trim().to_ascii_lowercase());
    let parse = |item: String| {
        let entry = parse(&item);
        if entry.is_none() {
            invalid.push(InvalidEntry { setting, requirement });
        }
        entry
    };
    items.filter(|item| !item.is_empty()).filter_map(parse).collect()
}

fn parse_name(text: &str) -> Option<String> {
    let is_valid = (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !matches!(text, "." | "..");
    is_valid.then(|| text.to_owned())
}

fn parse_team(text: &str) -> Option<String> {
    let (organisation, team) = text.split_once('/')?;
    parse_name(organisation).and(parse_name(team)).map(|_| text.to_owned())
}
