//! Who may come in: the operator's lists, held against what GitHub says of somebody. Closed unless
//! something is listed.

use crate::{Person, access::AtGitHub, name::Username};
use serde::{Deserialize, Serialize};

/// Somebody on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// By their login at GitHub. It can change hands, so it is the account's that first comes with it.
    Login(String),
    /// `id:NUMBER`: by the account's number at GitHub, which never does.
    Account(u64),
    /// `jwt:SUBJECT`: by the subject in the tokens of the outside issuer.
    Subject(String),
}

/// What GitHub said of somebody when they signed in, as far as the lists ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub account: u64,
    /// Lower case; empty when the lists mean another account by it, which came with it earlier.
    pub login: String,
    /// Of the listed organisations those that they belong to, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// Of the listed teams, `organisation/team`, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

/// The operator's lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    users: Vec<Entry>,
    pub organisations: Vec<String>,
    /// `organisation/team`
    pub teams: Vec<String>,
    administrators: Vec<Entry>,
}

/// The lists as the settings have them: names separated by commas.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    pub users: &'a str,
    pub organisations: &'a str,
    pub teams: &'a str,
    pub administrators: &'a str,
}

/// What is wrong with a list: the entry and what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{entry}' {must}")]
pub struct BadEntry {
    pub list: &'static str,
    pub entry: String,
    pub must: &'static str,
}

impl Lists {
    /// # Errors
    /// Every entry that cannot be meant.
    pub fn parse(texts: Texts<'_>) -> Result<Self, Vec<BadEntry>> {
        let mut bad = Vec::new();
        let mut people = |list: &'static str, text: &str| {
            let mut people = Vec::new();
            for entry in items(text) {
                match parse_entry(&entry) {
                    Some(entry) => people.push(entry),
                    None => bad.push(BadEntry {
                        list,
                        entry,
                        must: "must be a GitHub login, or id:NUMBER, or jwt:SUBJECT",
                    }),
                }
            }
            people
        };
        let users = people("users", texts.users);
        let administrators = people("administrators", texts.administrators);
        let organisations: Vec<_> = items(texts.organisations).collect();
        let teams: Vec<_> = items(texts.teams).collect();
        for entry in organisations.iter().filter(|entry| !is_name(entry)) {
            let must = "must be an organisation's login at GitHub";
            bad.push(BadEntry { list: "organisations", entry: entry.clone(), must });
        }
        let is_team = |entry: &&String| {
            entry.split_once('/').is_some_and(|(org, team)| is_name(org) && is_name(team))
        };
        for entry in teams.iter().filter(|entry| !is_team(entry)) {
            let must = "must be ORGANISATION/TEAM, the team as in its address at GitHub";
            bad.push(BadEntry { list: "teams", entry: entry.clone(), must });
        }
        if bad.is_empty() {
            Ok(Self { users, organisations, teams, administrators })
        } else {
            Err(bad)
        }
    }

    /// Is somebody listed by this login?
    pub fn has_login(&self, login: &str) -> bool {
        let is_it = |entry: &Entry| matches!(entry, Entry::Login(listed) if listed == login);
        self.users.iter().chain(&self.administrators).any(is_it)
    }

    /// May somebody of whom GitHub says this come in?
    pub fn admit(&self, standing: &Standing) -> bool {
        let on = |list: &[Entry]| list.iter().any(|entry| entry.is(standing));
        let any = |listed: &[String], theirs: &[String]| theirs.iter().any(|t| listed.contains(t));
        on(&self.administrators)
            || on(&self.users)
            || any(&self.organisations, &standing.organisations)
            || any(&self.teams, &standing.teams)
    }

    /// Is somebody an administrator? Known by account and login at GitHub where they have signed in
    /// there, and else by the subject of their outside issuer, never by the other's name.
    pub fn is_administrator(
        &self,
        person: &Person,
        standing: Option<&Standing>,
        at: AtGitHub,
    ) -> bool {
        self.administrators.iter().any(|entry| match (entry, standing, at) {
            (_, Some(standing), AtGitHub::Account(_)) => entry.is(standing),
            (Entry::Subject(subject), None, AtGitHub::Login | AtGitHub::Nobody) => {
                *subject == person.subject
            }
            _ => false,
        })
    }

    /// Who gets in, in words, for the operator.
    pub fn describe(&self) -> String {
        let is_login = |entry: &Entry| matches!(entry, Entry::Login(_));
        let by_login = self.users.iter().chain(&self.administrators).any(is_login);
        let note =
            "; a listed login means the account that first signs in with it (id:NUMBER says which)";
        format!("{}{}", self.who(), if by_login { note } else { "" })
    }

    fn who(&self) -> String {
        if self.is_closed() {
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
        let there = lists.into_iter().filter(|(count, ..)| *count > 0);
        let words = there.map(|(count, one, many)| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        });
        let who = words.collect::<Vec<_>>().join(", ");
        let others = self.users.len() + self.organisations.len() + self.teams.len();
        if others > 0 {
            return format!("may sign in: {who}");
        }
        format!(
            "may sign in: only {who}; set auth_allowed_users, auth_allowed_organisations or \
             auth_allowed_teams to let others in"
        )
    }

    /// Does nobody at all get in?
    pub fn is_closed(&self) -> bool {
        self.users.is_empty()
            && self.organisations.is_empty()
            && self.teams.is_empty()
            && self.administrators.is_empty()
    }
}

impl Entry {
    fn is(&self, standing: &Standing) -> bool {
        match self {
            Self::Login(login) => *login == standing.login,
            Self::Account(account) => *account == standing.account,
            Self::Subject(_) => false,
        }
    }
}

fn parse_entry(text: &str) -> Option<Entry> {
    match text.split_once(':') {
        Some(("id", number)) => number.parse().ok().map(Entry::Account),
        Some(("jwt", subject)) if !subject.is_empty() => Some(Entry::Subject(subject.into())),
        Some(_) => None,
        None => text.parse::<Username>().ok().map(|login| Entry::Login(login.into())),
    }
}

/// Logins and teams differ by more than case; so do the subjects of our issuers.
fn items(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',').map(|item| item.trim().to_ascii_lowercase()).filter(|item| !item.is_empty())
}

fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !matches!(text, "." | "..")
}
