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
    fn name(self, is_https: bool) -> String {
        let name = match self {
            Self::Session => "nokube_session",
            Self::RefreshToken => "nokube_renewal",
            Self::SignIn => "nokube_sign_in",
        };
        format!("{}{name}", if is_https { "__Host-" } else { "" })
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

    /// The value that a request has.
    pub fn get<'a>(self, headers: &'a HeaderMap, settings: &AuthSettings) -> Option<&'a str> {
        cookie_value(headers, &self.name(settings.is_https()))
    }
}

/// The value of the cookie of this name. With two of them there is none: somebody else has planted one.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers.get_all(http::header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let pairs =
        lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v);
    let first = values.next()?;
    values.next().is_none().then_some(first)
}
