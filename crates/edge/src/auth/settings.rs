//! The operator's settings about callers: how they are authenticated, who may sign in, rate limits.

use crate::settings::{SettingsError, Variables, load_cached};
use nokube_domain::{
    Person,
    access::{GitHubIdentity, normalize_issuer},
    allowlist::{Allowlist, AllowlistSettings, GitHubMembership},
    origin::parse_platform_origin,
    rate_limit::RateLimit,
    session::{Identity, SigningKeys},
    token::MAX_LIFETIME_DAYS,
};
use std::rc::Rc;
use url::Url;

/// An external issuer whose tokens (HS256) every component accepts.
pub struct JwtIssuer {
    pub secret: String,
    pub name: String,
    pub audience: String,
}

pub struct AuthSettings {
    pub jwt_issuer: Option<JwtIssuer>,
    /// Whether the subjects in that issuer's tokens are GitHub logins, which never differ by case only.
    pub subjects_are_github_logins: bool,
    /// Seconds by which the clock of an external issuer may differ.
    pub clock_leeway: i64,
    /// The OIDC issuer, whose tokens the component `auth` exchanges; empty without one.
    pub oidc_issuer: String,
    session_secret: String,
    session_secret_previous: String,
    /// Maximum lifetime of API tokens of people who authenticate with an external issuer, in days; 0 if they may
    /// have none.
    pub max_issuer_token_days: i64,
    /// The platform's public origin, without a trailing slash; empty if not set.
    pub platform_origin: String,
    pub allowlist: Allowlist,
    /// Origins whose pages may call the API with a bearer token.
    pub cors_origins: Vec<String>,
    /// The issuer of people who sign in with GitHub: GitHub's public address.
    pub github_issuer: String,
    has_github_sign_in: bool,
    /// The header in which a proxy in front of the platform reports the client's address; empty without one.
    pub client_address_header: String,
    rate_limits: RateLimits,
}

/// Requests per minute; 0 means no limit.
struct RateLimits {
    builds: u32,
    deploys: u32,
    changes: u32,
    sign_ins: u32,
    logs: u32,
    reads: u32,
}

impl AuthSettings {
    /// # Errors
    /// Everything that is wrong with these settings.
    pub async fn load() -> Result<Rc<Self>, SettingsError> {
        load_cached(Self::collect).await
    }

    async fn collect(v: &mut Variables) -> Option<Self> {
        let [jwt_secret, session_secret, session_secret_previous] = secrets(v).await;
        let jwt_issuer = match jwt_secret {
            None => None,
            Some(secret) => {
                let name = v.required("auth_jwt_issuer", "the issuer that the users' tokens name");
                let name = name.await?;
                let description = "the audience that the users' tokens name";
                let audience = v.required("auth_jwt_audience", description).await?;
                Some(JwtIssuer { secret, name, audience })
            }
        };
        let platform_origin = platform_origin(v).await;
        let has_only_jwt_issuer = jwt_issuer.is_some() && session_secret.is_none();
        if !has_only_jwt_issuer && platform_origin.is_empty() {
            v.add_error("platform_url", "is not set: the address at which people see the platform");
        }
        let github_url = v.optional("github_web_url").await.unwrap_or_default();
        let settings = Self {
            clock_leeway: v.number("auth_jwt_leeway_seconds", 0..=300).await,
            subjects_are_github_logins: v.boolean("auth_jwt_subjects_are_github_logins").await,
            oidc_issuer: v.optional("auth_oidc_issuer").await.unwrap_or_default(),
            github_issuer: normalize_issuer(&github_url),
            has_github_sign_in: v.optional("github_oauth_client_id").await.is_some(),
            max_issuer_token_days: v.number("auth_issuer_token_days", 0..=MAX_LIFETIME_DAYS).await,
            allowlist: allowlist(v).await,
            cors_origins: cors_origins(v).await,
            client_address_header: client_address_header(v).await,
            rate_limits: RateLimits {
                builds: per_minute(v, "limit_builds_per_minute").await,
                deploys: per_minute(v, "limit_deploys_per_minute").await,
                changes: per_minute(v, "limit_changes_per_minute").await,
                sign_ins: per_minute(v, "limit_sign_ins_per_minute").await,
                logs: per_minute(v, "limit_logs_per_minute").await,
                reads: per_minute(v, "limit_reads_per_minute").await,
            },
            jwt_issuer,
            platform_origin,
            session_secret: session_secret.unwrap_or_default(),
            session_secret_previous: session_secret_previous.unwrap_or_default(),
        };
        settings.check_issuers(v);
        Some(settings)
    }

    /// Issuers must differ: people are identified by issuer and subject.
    fn check_issuers(&self, v: &mut Variables) {
        let jwt_issuer = self.jwt_issuer.as_ref().map_or("", |issuer| issuer.name.as_str());
        let names = [jwt_issuer, &self.oidc_issuer, &self.platform_origin, &self.github_issuer]
            .map(normalize_issuer);
        for (setting, name) in ["auth_jwt_issuer", "auth_oidc_issuer"].into_iter().zip(&names) {
            if !name.is_empty() && names.iter().filter(|other| *other == name).count() > 1 {
                let detail = "must differ from every other issuer, from platform_url and from github_web_url";
                v.add_error(setting, detail);
            }
        }
    }

    /// The keys for sessions and for everything else that the platform signs for itself.
    pub fn keys(&self) -> SigningKeys<'_> {
        SigningKeys {
            issuer: &self.platform_origin,
            secret: &self.session_secret,
            previous_secret: &self.session_secret_previous,
        }
    }

    /// The keys for operator proofs. Without sessions it is the JWT issuer's secret: that secret already
    /// suffices to sign a token for an administrator.
    pub(super) fn operator_keys(&self) -> SigningKeys<'_> {
        let secret = self.jwt_issuer.as_ref().map(|issuer| issuer.secret.as_str());
        match self.has_sessions() {
            true => self.keys(),
            false => SigningKeys { secret: secret.unwrap_or_default(), ..self.keys() },
        }
    }

    /// The secret that decides which clients share a counter of a rate limit.
    pub(crate) fn counter_secret(&self) -> &str {
        self.operator_keys().secret
    }

    /// Whether people can sign in here at all.
    pub fn has_sessions(&self) -> bool {
        !self.session_secret.is_empty()
    }

    pub fn is_https(&self) -> bool {
        self.platform_origin.starts_with("https://")
    }

    /// Whether the platform's URL is a loopback address, so it can only be reached from the same machine.
    pub fn is_loopback(&self) -> bool {
        let url = Url::parse(&self.platform_origin).ok();
        match url.as_ref().and_then(Url::host) {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether a person's login may become their username. Where people sign in with GitHub, logins are
    /// GitHub's: the same login at another issuer may belong to somebody else.
    pub fn may_use_login_as_username(&self, github_identity: GitHubIdentity) -> bool {
        github_identity != GitHubIdentity::Unknown || !self.has_github_sign_in
    }

    /// Maximum requests per minute; 0 means no limit.
    pub fn max_per_minute(&self, limit: RateLimit) -> u32 {
        let limits = &self.rate_limits;
        match limit {
            RateLimit::Builds => limits.builds,
            RateLimit::Deploys | RateLimit::Members => limits.deploys,
            RateLimit::Changes | RateLimit::Removals => limits.changes,
            RateLimit::Logs => limits.logs,
            RateLimit::Reads => limits.reads,
            RateLimit::SignIns | RateLimit::Callbacks | RateLimit::Tokens => limits.sign_ins,
        }
    }

    /// Whether the current settings still allow a person who signed in earlier. For people of an external
    /// issuer, only API tokens are checked with this.
    pub fn is_still_allowed(&self, identity: &Identity) -> bool {
        match &identity.github_membership {
            Some(membership) => self.allowlist.allows_sign_in(membership),
            // The external issuer must still be configured.
            None => {
                let issuer = &identity.person.issuer;
                let is_configured = self.is_jwt_issuer(issuer) || *issuer == self.oidc_issuer;
                self.max_issuer_token_days > 0 && !issuer.is_empty() && is_configured
            }
        }
    }

    pub fn is_administrator(
        &self,
        person: &Person,
        membership: Option<&GitHubMembership>,
        github_identity: GitHubIdentity,
    ) -> bool {
        // `jwt:SUBJECT` in the list means a subject of the JWT issuer, not of the OIDC issuer.
        (membership.is_some() || self.is_jwt_issuer(&person.issuer))
            && self.allowlist.is_administrator(person, membership, github_identity)
    }

    fn is_jwt_issuer(&self, name: &str) -> bool {
        self.jwt_issuer.as_ref().is_some_and(|issuer| issuer.name == name)
    }
}

/// The JWT issuer's secret, the session secret, and the previous one.
async fn secrets(v: &mut Variables) -> [Option<String>; 3] {
    let jwt = long_secret(v, "auth_jwt_secret").await;
    let session = long_secret(v, "auth_session_secret").await;
    let previous = long_secret(v, "auth_session_secret_previous").await;
    if jwt.is_none() && session.is_none() {
        let detail = "is not set: sessions are signed with it. (If people only send tokens of their own \
                      issuer, set auth_jwt_secret instead, the secret that it signs them with.)";
        v.add_error("auth_session_secret", detail);
    }
    if jwt.is_some() && (jwt == session || jwt == previous) {
        let detail = "must differ from the session secrets, or the issuer could sign anybody in";
        v.add_error("auth_jwt_secret", detail);
    }
    [jwt, session, previous]
}

async fn long_secret(v: &mut Variables, name: &str) -> Option<String> {
    let secret = v.optional(name).await;
    if secret.as_ref().is_some_and(|secret| secret.len() < 32) {
        v.add_error(name, "must have at least 32 bytes");
    }
    secret
}

/// The platform's own origin, as browsers send it in `Origin`.
async fn platform_origin(v: &mut Variables) -> String {
    let Some(text) = v.optional("platform_url").await else { return String::new() };
    parse_platform_origin(&text).unwrap_or_else(|| {
        let detail = "must be an origin such as https://nokube.example.org, without a path";
        v.add_error("platform_url", detail);
        String::new()
    })
}

async fn allowlist(v: &mut Variables) -> Allowlist {
    let settings = AllowlistSettings {
        users: v.optional("auth_allowed_users").await.unwrap_or_default(),
        organisations: v.optional("auth_allowed_organisations").await.unwrap_or_default(),
        teams: v.optional("auth_allowed_teams").await.unwrap_or_default(),
        administrators: v.optional("auth_administrators").await.unwrap_or_default(),
    };
    Allowlist::parse(&settings).unwrap_or_else(|invalid| {
        for entry in invalid {
            // Without the entry's text: /ready is public, and the entry may be a misplaced secret.
            v.add_error(entry.setting, format!("has a bad entry: each {}", entry.requirement));
        }
        Allowlist::default()
    })
}

async fn cors_origins(v: &mut Variables) -> Vec<String> {
    let text = v.optional("cors_origins").await.unwrap_or_default();
    let mut origins = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let origin = Url::parse(item).ok().map(|url| url.origin().ascii_serialization());
        match origin.filter(|origin| origin == item.trim_end_matches('/') && origin != "null") {
            Some(origin) => origins.push(origin),
            None => {
                let detail = "must be origins such as https://app.example.org, separated by commas; \
                              there is no *";
                v.add_error("cors_origins", detail);
            }
        }
    }
    origins
}

async fn client_address_header(v: &mut Variables) -> String {
    let name = v.optional("client_address_header").await.unwrap_or_default().to_ascii_lowercase();
    if !name.is_empty() && http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        v.add_error("client_address_header", "must be the name of a header");
    }
    name
}

async fn per_minute(v: &mut Variables, name: &str) -> u32 {
    v.number(name, 0..=100_000).await
}
