//! Who is calling: what the operator says about it. How a caller is identified stands in
//! `identify.rs`, what a browser carries in `cookies.rs`.

mod cookies;
mod identify;

pub use cookies::{Cookie, Cookies};
pub use identify::{Onlooker, identify, onlooker, renewal};

use crate::settings::{Kept, NotSetUp, Variables, once};
use nokube_domain::{
    Person,
    access::{AtGitHub, issuer_name},
    admission::{Lists, Standing, Texts},
    limit::Limited,
    origin,
    session::{Identity, Keys},
    token::LONGEST,
};
use std::rc::Rc;
use url::Url;

/// An outside issuer whose tokens are checked everywhere (HS256).
pub struct Issuer {
    pub secret: String,
    pub name: String,
    pub audience: String,
}

/// How callers are identified, and what they may cost.
pub struct AuthSettings {
    pub issuer: Option<Issuer>,
    /// Seconds by which an outside issuer's clock may differ.
    pub leeway: i64,
    /// Its subjects are GitHub logins, which differ by more than case.
    pub logins: bool,
    /// The issuer whose tokens are exchanged at `auth`; empty when there is none.
    pub exchanged: String,
    session_secret: String,
    session_secret_previous: String,
    /// Days that API tokens live at most of people who come with an outside issuer's token; 0 when
    /// they get none.
    pub issuer_token_days: i64,
    /// Where people see the platform: an origin without a slash; empty when it is not said.
    pub platform: String,
    pub lists: Lists,
    /// Origins of other pages that may call the API, with a bearer token.
    pub cors: Vec<String>,
    /// The GitHub that people see: the issuer of those who sign in there.
    pub github: String,
    signs_in_with_github: bool,
    /// The header in which a server in front tells the client's address; empty when none does.
    pub address_header: String,
    limits: [u32; 5],
}

thread_local! {
    static SETTINGS: Kept<AuthSettings> = const { Kept::new() };
}

impl AuthSettings {
    /// # Errors
    /// Everything that is wrong with the settings.
    pub async fn read() -> std::result::Result<Rc<Self>, NotSetUp> {
        once(&SETTINGS, Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let secret = long_secret(v, "auth_jwt_secret").await;
        let session_secret = long_secret(v, "auth_session_secret").await;
        let previous = long_secret(v, "auth_session_secret_previous").await;
        if secret.is_none() && session_secret.is_none() {
            let detail = "is not set: what sessions are signed with. (Where nobody signs in by a browser, \
                          auth_jwt_secret will do, with which the issuer of the users' tokens signs.)";
            v.fault("auth_session_secret", detail);
        }
        let ours = [&session_secret, &previous];
        if secret.is_some() && ours.contains(&&secret) {
            v.fault(
                "auth_jwt_secret",
                "must differ from the secrets of the sessions, or the issuer \
                                        could sign anybody in",
            );
        }
        let is_issuers_alone = secret.is_some() && session_secret.is_none();
        let issuer = match secret {
            None => None,
            Some(secret) => Some(Issuer {
                secret,
                name: v
                    .required("auth_jwt_issuer", "the issuer that the users' tokens name")
                    .await?,
                audience: v
                    .required("auth_jwt_audience", "the audience that the users' tokens name")
                    .await?,
            }),
        };
        let platform = platform(v).await;
        if !is_issuers_alone && platform.is_empty() {
            v.fault("platform_url", "is not set: the address at which people see the platform");
        }
        let exchanged = v.optional("auth_oidc_issuer").await.unwrap_or_default();
        let github = v.optional("github_web_url").await.unwrap_or_default();
        let github = issuer_name(&github);
        let jwt = issuer.as_ref().map(|issuer| issuer.name.as_str()).unwrap_or_default();
        // Two issuers with one name would be one: their people would meet.
        let names = [jwt, &exchanged, &platform, &github].map(issuer_name);
        for (setting, name) in ["auth_jwt_issuer", "auth_oidc_issuer"].into_iter().zip(&names) {
            if !name.is_empty() && names.iter().filter(|other| *other == name).count() > 1 {
                v.fault(setting, "must differ from every other issuer, from platform_url and from github_web_url");
            }
        }
        Some(Self {
            leeway: v.number("auth_jwt_leeway_seconds", 0..=300).await,
            logins: v.boolean("auth_jwt_subjects_are_github_logins").await,
            exchanged,
            github,
            signs_in_with_github: v.optional("github_oauth_client_id").await.is_some(),
            issuer_token_days: v.number("auth_issuer_token_days", 0..=LONGEST).await,
            lists: lists(v).await,
            cors: cors(v).await,
            address_header: address_header(v).await,
            limits: [
                limit(v, "limit_builds_per_minute").await,
                limit(v, "limit_deploys_per_minute").await,
                limit(v, "limit_changes_per_minute").await,
                limit(v, "limit_sign_ins_per_minute").await,
                limit(v, "limit_logs_per_minute").await,
            ],
            issuer,
            platform,
            session_secret: session_secret.unwrap_or_default(),
            session_secret_previous: previous.unwrap_or_default(),
        })
    }

    /// The keys of sessions and of everything else that the platform signs for itself.
    pub fn keys(&self) -> Keys<'_> {
        Keys {
            issuer: &self.platform,
            secret: &self.session_secret,
            previous: &self.session_secret_previous,
        }
    }

    /// The keys of an operator's proof: whoever has them could sign an administrator in anyway.
    fn operator_keys(&self) -> Keys<'_> {
        let secret = self.issuer.as_ref().map(|issuer| issuer.secret.as_str());
        match self.has_sessions() {
            true => self.keys(),
            false => Keys { secret: secret.unwrap_or_default(), ..self.keys() },
        }
    }

    /// Can people sign in here at all?
    pub fn has_sessions(&self) -> bool {
        !self.session_secret.is_empty()
    }

    pub fn is_secure(&self) -> bool {
        self.platform.starts_with("https://")
    }

    /// Do people see the platform on its own machine only?
    pub fn is_local(&self) -> bool {
        let url = Url::parse(&self.platform).ok();
        match url.as_ref().and_then(Url::host) {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// May somebody's login be their name here? Where people sign in with GitHub, names are GitHub's: who
    /// has such a login at another issuer may be somebody else.
    pub fn login_is_name(&self, at_github: AtGitHub) -> bool {
        at_github != AtGitHub::Nobody || !self.signs_in_with_github
    }

    /// How often a minute; 0 for as often as one likes.
    pub fn limit(&self, limited: Limited) -> u32 {
        let [builds, deploys, changes, sign_ins, logs] = self.limits;
        match limited {
            Limited::Builds => builds,
            Limited::Deploys | Limited::Members => deploys,
            Limited::Changes | Limited::Removals => changes,
            Limited::Logs => logs,
            Limited::SignIns | Limited::Tokens => sign_ins,
            // Of one sign-in: who comes back does so once, or again after an answer that got lost.
            Limited::Callbacks => sign_ins.min(5),
        }
    }

    /// May somebody who was identified earlier still come in, as the settings are now? (Of those who
    /// come with an outside issuer's word, that is asked of API tokens alone.)
    pub fn still_admits(&self, identity: &Identity) -> bool {
        match &identity.standing {
            Some(standing) => self.lists.admit(standing),
            // They come with an outside issuer's word, as long as that issuer is one of ours.
            None => {
                let issuer = &identity.person.issuer;
                let is_ours = self.issuer.as_ref().is_some_and(|ours| ours.name == *issuer);
                let may_have_tokens = self.issuer_token_days > 0;
                may_have_tokens && !issuer.is_empty() && (is_ours || *issuer == self.exchanged)
            }
        }
    }

    pub fn is_administrator(
        &self,
        person: &Person,
        standing: Option<&Standing>,
        at_github: AtGitHub,
    ) -> bool {
        // A subject is an administrator's at the one issuer that the list is about.
        let is_listed_issuer = self.issuer.as_ref().is_some_and(|ours| ours.name == person.issuer);
        (standing.is_some() || is_listed_issuer)
            && self.lists.is_administrator(person, standing, at_github)
    }
}

async fn long_secret(v: &mut Variables, name: &str) -> Option<String> {
    let secret = v.optional(name).await;
    if secret.as_ref().is_some_and(|secret| secret.len() < 32) {
        v.fault(name, "must have at least 32 bytes");
    }
    secret
}

/// The platform's own origin, as a browser's `Origin` header has it.
async fn platform(v: &mut Variables) -> String {
    let Some(text) = v.optional("platform_url").await else { return String::new() };
    origin::platform(&text).unwrap_or_else(|| {
        let must = "must be an origin such as https://nokube.example.org, without a path";
        v.fault("platform_url", must);
        String::new()
    })
}

async fn lists(v: &mut Variables) -> Lists {
    let users = v.optional("auth_allowed_users").await.unwrap_or_default();
    let organisations = v.optional("auth_allowed_organisations").await.unwrap_or_default();
    let teams = v.optional("auth_allowed_teams").await.unwrap_or_default();
    let administrators = v.optional("auth_administrators").await.unwrap_or_default();
    let texts = Texts {
        users: &users,
        organisations: &organisations,
        teams: &teams,
        administrators: &administrators,
    };
    match Lists::parse(texts) {
        Ok(lists) => lists,
        Err(bad) => {
            for entry in bad {
                let name = match entry.list {
                    "administrators" => "auth_administrators".to_owned(),
                    list => format!("auth_allowed_{list}"),
                };
                // Not the entry itself: anybody may read this, and it may be anything.
                v.fault(&name, format!("has a bad entry: each {}", entry.must));
            }
            Lists::default()
        }
    }
}

async fn cors(v: &mut Variables) -> Vec<String> {
    let text = v.optional("cors_origins").await.unwrap_or_default();
    let mut origins = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let origin = Url::parse(item).ok().map(|url| url.origin().ascii_serialization());
        match origin.filter(|origin| origin == item.trim_end_matches('/') && origin != "null") {
            Some(origin) => origins.push(origin),
            None => v.fault("cors_origins", "must be origins such as https://app.example.org, separated by commas; there is no *"),
        }
    }
    origins
}

async fn address_header(v: &mut Variables) -> String {
    let name = v.optional("client_address_header").await.unwrap_or_default().to_ascii_lowercase();
    if !name.is_empty() && http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        v.fault("client_address_header", "must be the name of a header");
    }
    name
}

async fn limit(v: &mut Variables, name: &str) -> u32 {
    u32::try_from(v.number(name, 0..=100_000).await).unwrap_or_default()
}
