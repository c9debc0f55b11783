//! What a browser carries: the session, what renews it, and a sign-in under way. All are closed to
//! scripts (HttpOnly) and to other sites (SameSite).

use super::AuthSettings;
use http::HeaderMap;

/// Our cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Who is signed in, for some minutes; sent with every request.
    Session,
    /// What renews the session; read by the component `auth` alone.
    Renewal,
    /// A sign-in under way. It must come along when GitHub sends the browser back, so it is `Lax`.
    SignIn,
}

impl Cookie {
    /// The prefixes have browsers refuse a cookie that a neighbouring host or a plain connection has
    /// set (RFC 6265bis, 4.1.3).
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-nokube_session",
            (Self::Session, false) => "nokube_session",
            (Self::Renewal, true) => "__Host-nokube_renewal",
            (Self::Renewal, false) => "nokube_renewal",
            (Self::SignIn, true) => "__Host-nokube_sign_in",
            (Self::SignIn, false) => "nokube_sign_in",
        }
    }

    /// `__Host-` asks for the whole host: without it a tenant's service on a neighbouring host could
    /// plant a cookie here, and with it somebody else's sign-in.
    fn path(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, _) | (_, true) => "/",
            (Self::Renewal | Self::SignIn, false) => "/api/v1/auth",
        }
    }

    fn same_site(self) -> &'static str {
        match self {
            Self::Session | Self::SignIn => "Lax",
            Self::Renewal => "Strict",
        }
    }

    /// The `Set-Cookie` header that gives it to a browser for some seconds, or takes it away (0).
    pub fn set(self, settings: &AuthSettings, value: &str, seconds: i64) -> String {
        let secure = settings.is_secure();
        let (name, path, site) = (self.name(secure), self.path(secure), self.same_site());
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}")
    }

    pub fn clear(self, settings: &AuthSettings) -> String {
        self.set(settings, "", 0)
    }
}

/// The cookies of a request.
pub struct Cookies<'a>(&'a HeaderMap);

impl<'a> Cookies<'a> {
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }

    /// The value of one of ours. Two of one name mean that somebody else has planted one: then there
    /// is none.
    pub fn get(&self, cookie: Cookie, settings: &AuthSettings) -> Option<&'a str> {
        let name = cookie.name(settings.is_secure());
        let headers = self.0.get_all(http::header::COOKIE).iter();
        let pairs = headers
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v);
        let first = values.next()?;
        if values.next().is_none() { Some(first) } else { None }
    }
}
