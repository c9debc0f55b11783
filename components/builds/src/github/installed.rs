//! The repositories on which the App is installed, and which of them somebody may read.

use super::{
    access::LinkedAccount,
    client::{GitHub, parse, parsed},
    tokens::{Access, sign},
};
use crate::settings::Credentials;
use futures::future::join_all;
use nokube_domain::{Problem, Reason, access::GitHubIdentity, repository::Repository};
use nokube_edge::{Result, now, warn};
use nokube_github::{
    api::{RepositoryPath, TokenScope},
    app::App,
    responses::{self, Installation, InstallationToken, Permission},
};
use serde_json::json;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// How many installations are listed, and how many pages of 100 repositories of each.
const MAX_INSTALLATIONS: u32 = 10;
const MAX_PAGES: u32 = 3;
/// Seconds for which the list is kept.
const CACHE_SECONDS: i64 = 300;
/// How many repositories GitHub is asked about, whether there are as many or not.
pub const ASKED: usize = 10;

/// A repository on which the App is installed.
#[derive(Clone, Debug)]
pub struct InstalledRepository {
    pub id: u64,
    pub name: Repository,
    /// Or internal.
    pub private: bool,
    pub default_branch: Option<String>,
    installation: u64,
}

/// All of them, as far as they are listed.
#[derive(Default)]
pub struct InstalledRepositories {
    pub all: Vec<InstalledRepository>,
    /// By the number of the installation. They show nothing but names and permissions.
    tokens: BTreeMap<u64, String>,
}

thread_local! {
    /// With the time in seconds. It is the platform's own view, and the same for every caller.
    static CACHE: RefCell<Option<(i64, Rc<InstalledRepositories>)>> = const { RefCell::new(None) };
}

/// The repositories of the first installations of the App, at most five minutes old.
///
/// # Errors
/// 409 with a token in the settings in place of an App; or GitHub does not list the installations.
pub async fn installed_repositories(github: &GitHub) -> Result<Rc<InstalledRepositories>> {
    let Credentials::App(app) = &github.settings.credentials else {
        let detail = "Repositories can only be listed by a GitHub App, and this platform uses a token. Enter the \
                      repository's URL.";
        return Err(Problem::conflict(Reason::NeedsGithubApp, detail).into());
    };
    let second = now().as_second();
    let cached = CACHE.with_borrow_mut(|cache| {
        let (at, list) = cache.as_mut()?;
        if second - *at < CACHE_SECONDS {
            return Some(list.clone());
        }
        // Those who come while this request reads the new list get the old one.
        *at = second;
        None
    });
    if let Some(list) = cached {
        return Ok(list);
    }
    let list = match read(github, app).await {
        Ok(list) => Rc::new(list),
        Err(error) => {
            CACHE.with_borrow_mut(|cache| *cache = None);
            return Err(error);
        }
    };
    CACHE.with_borrow_mut(|cache| *cache = Some((second, list.clone())));
    Ok(list)
}

async fn read(github: &GitHub, app: &App) -> Result<InstalledRepositories> {
    let jwt = sign(app)?;
    let response = github.send(github.settings.api.installations(MAX_INSTALLATIONS, &jwt)).await?;
    let installations = parsed(&response, responses::installations(&response))?;
    let active = installations.into_iter().filter(|found| found.suspended_at.is_none());
    let reads = active.take(MAX_INSTALLATIONS as usize).map(|Installation { id, .. }| {
        let jwt = jwt.as_str();
        async move {
            let found = read_installation(github, id, jwt).await;
            if let Err(error) = &found {
                warn(format_args!("the repositories of an installation are not listed: {error}"));
            }
            found.ok().map(|(token, all)| (id, token, all))
        }
    });
    let mut list = InstalledRepositories::default();
    for (installation, token, all) in join_all(reads).await.into_iter().flatten() {
        list.all.extend(all);
        list.tokens.insert(installation, token);
    }
    Ok(list)
}

/// A token of an installation that can read names only, and the repositories that the App can see there.
async fn read_installation(
    github: &GitHub,
    installation: u64,
    jwt: &str,
) -> Result<(String, Vec<InstalledRepository>)> {
    let (api, permissions) = (&github.settings.api, json!({ "metadata": "read" }));
    let create = api.installation_token(installation, TokenScope::All, &permissions, jwt);
    let token = parse::<InstallationToken>(&github.send(create).await?)?.token;
    let mut all = Vec::new();
    for page in 1..=MAX_PAGES {
        let response = github.send(api.installation_repositories(page, &token)).await?;
        let found = parsed(&response, responses::installation_repositories(&response))?;
        let is_last = found.len() < 100;
        all.extend(found.into_iter().filter_map(|found| {
            let (id, name) = (found.id?, found.full_name?);
            let responses::Repository { private, default_branch, .. } = found;
            Some(InstalledRepository { id, name, private, default_branch, installation })
        }));
        if is_last {
            break;
        }
    }
    Ok((token, all))
}

/// Those of the first ten repositories that the account may read. GitHub is always asked ten times at once, about the
/// builder repository if there are fewer: so neither requests nor time show how many there are.
///
/// # Errors
/// There is no token for the builder repository.
pub async fn readable<'a>(
    github: &GitHub,
    list: &InstalledRepositories,
    account: &LinkedAccount,
    candidates: &[&'a InstalledRepository],
) -> Result<Vec<&'a InstalledRepository>> {
    let number = match account.github_identity {
        // No repository is readable, and GitHub is not asked about any.
        GitHubIdentity::Unknown => return Ok(Vec::new()),
        GitHubIdentity::Login => None,
        GitHubIdentity::Account(number) => Some(number),
    };
    let Credentials::App(app) = &github.settings.credentials else { return Ok(Vec::new()) };
    let api = &github.settings.api;
    let builder_token = github.app_token(app, &github.builder(), Access::Builder).await?.text;
    let asked = (0..ASKED).map(|index| {
        let candidate = candidates.get(index).copied();
        let found = candidate.and_then(|candidate| {
            Some((candidate, list.tokens.get(&candidate.installation)?.as_str()))
        });
        let request = match found {
            Some((candidate, token)) => {
                api.permission(RepositoryPath::Id(candidate.id), &account.login, token)
            }
            None => api.permission(github.builder(), &account.login, &builder_token),
        };
        async move {
            let response = github.send(request).await.ok().filter(|it| it.status().is_success());
            // An error would show that the repository exists.
            let permission = response.and_then(|it| parse::<Permission>(&it).ok());
            let may_read = permission.is_some_and(|it| it.allows_reading(number));
            found.filter(|_| may_read).map(|(candidate, _)| candidate)
        }
    });
    Ok(join_all(asked).await.into_iter().flatten().collect())
}
