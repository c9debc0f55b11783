//! The platform's cookies. Scripts cannot read them (HttpOnly), and other sites cannot send them with
//! their own requests (SameSite).

use super::settings::AuthSettings;
use http::HeaderMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Who is signed in, for some minutes; sent with every request.
    Session,
    /// The token that renews the session; read by the component `auth` only.
    RefreshToken,
    /// A pending sign-in. The browser must send it when GitHub redirects back, so it is `Lax`.
    SignIn,
}

impl Cookie {
    /// With the prefix `__Host-`, browsers reject a cookie that a neighbouring host or an unencrypted
    /// connection has set (RFC 6265bis, 4.1.3).
    fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-nokube_session",
            (Self::Session, false) => "nokube_session",
            (Self::RefreshToken, true) => "__Host-nokube_renewal",
            (Self::RefreshToken, false) => "nokube_renewal",
            (Self::SignIn, true) => "__Host-nokube_sign_in",
            (Self::SignIn, false) => "nokube_sign_in",
        }
    }

    /// `__Host-` requires the path `/`. The prefix is worth it: without it, an app on a neighbouring host
    /// could plant a cookie here, and with that somebody else's sign-in.
    fn path(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, _) | (_, true) => "/",
            (Self::RefreshToken | Self::SignIn, false) => "/api/v1/auth",
        }
    }

    fn same_site(self) -> &'static str {
        match self {
            Self::Session | Self::SignIn => "Lax",
            Self::RefreshToken => "Strict",
        }
    }

    /// The value of a `Set-Cookie` header that sets the cookie for `max_age` seconds; 0 deletes it.
    pub fn set(self, settings: &AuthSettings, value: &str, max_age: i64) -> String {
        let is_https = settings.is_https();
        let (name, path, site) = (self.name(is_https), self.path(is_https), self.same_site());
        let secure = if is_https { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite={site}{secure}")
    }

    /// The value of a `Set-Cookie` header that deletes the cookie.
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

    /// The value of a cookie. With two cookies of that name there is none: somebody else has planted one.
    pub fn get(&self, cookie: Cookie, settings: &AuthSettings) -> Option<&'a str> {
        let name = cookie.name(settings.is_https());
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
