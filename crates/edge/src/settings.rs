//! The operator's settings: Spin variables, read when they are first needed and checked in words.

use nokube_domain::{
    image::Registry,
    problem::{Fault, Problem, ProblemKind},
};
use std::{cell::OnceCell, fmt::Display, rc::Rc, str::FromStr, thread::LocalKey};
use url::Url;

/// Reads variables and collects what is wrong with them, so that all is said at once.
#[derive(Default)]
pub struct Variables {
    faults: Vec<Fault>,
}

impl Variables {
    /// Notes what is wrong with a variable. The value is never part of it: it may be a secret.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.push(Fault { field: name.into(), detail: detail.into() });
    }

    /// The variable's text without blanks around it; `None` when it is empty.
    pub async fn optional(&mut self, name: &str) -> Option<String> {
        match spin_sdk::variables::get(name).await {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(spin_sdk::variables::Error::Undefined(_)) => None,
            Err(_) => {
                self.fault(name, "cannot be read from its provider");
                None
            }
        }
    }

    /// A text that must be set; `what` says what it is.
    pub async fn required(&mut self, name: &str, what: &str) -> Option<String> {
        let value = self.optional(name).await;
        if value.is_none() {
            self.fault(name, format!("is not set: {what}"));
        }
        value
    }

    /// A value that must be set and readable as `T`; the error of `T` says what it must be.
    pub async fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str, what: &str) -> Option<T> {
        let text = self.required(name, what).await?;
        text.parse().map_err(|error: T::Err| self.fault(name, error.to_string())).ok()
    }

    /// A whole number in a range.
    pub async fn number(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> i64 {
        let (low, high) = (*range.start(), *range.end());
        let text = self.required(name, "a whole number").await;
        match text.and_then(|text| text.parse().ok()).filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                if !self.faults.iter().any(|fault| fault.field == name) {
                    self.fault(name, format!("must be a whole number from {low} to {high}"));
                }
                low
            }
        }
    }

    pub async fn boolean(&mut self, name: &str) -> bool {
        match self.required(name, "true or false").await.as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    /// The origin of a server (`https://host`, no path): it stands in `allowed_outbound_hosts` too,
    /// which takes no path.
    pub async fn origin(&mut self, name: &str, what: &str) -> Option<Url> {
        let text = self.required(name, what).await?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match url {
            Some(url) if url.path() == "/" && url.query().is_none() => return Some(url),
            Some(_) => {
                self.fault(name, "must be an origin such as https://api.github.com, without a path")
            }
            None => self.fault(name, "must be a URL that begins with https://"),
        }
        None
    }

    /// Where the platform's images stand.
    pub async fn registry(&mut self) -> Option<Registry> {
        let host = self.required("registry", "the registry as in image names").await;
        let what = "the organisation or user in the registry";
        let namespace = self.required("registry_namespace", what).await;
        match Registry::new(&host?, &namespace?) {
            Ok(registry) => Some(registry),
            Err(error) => {
                self.fault("registry_namespace", error.to_string());
                None
            }
        }
    }

    /// The user and token that may pull private images, if there are some.
    pub async fn registry_login(&mut self) -> Option<(String, String)> {
        let user = self.optional("registry_username").await;
        let token = self.optional("registry_token").await;
        if user.is_some() != token.is_some() {
            self.fault("registry_token", "must be set together with registry_username");
        }
        user.zip(token)
    }

    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Any fault. The caller only learns that the platform is not set up; `/ready` names the rest.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, NotSetUp> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(NotSetUp(self.faults)),
        }
    }
}

/// Settings that were read are kept as long as the instance, which is soon replaced: a changed variable
/// is seen then.
pub type Kept<T> = OnceCell<Rc<T>>;

/// The settings that are kept, or else those that `collect` finds.
///
/// # Errors
/// Everything that is wrong with them. Then nothing is kept.
pub async fn once<T>(
    kept: &'static LocalKey<Kept<T>>,
    collect: impl AsyncFnOnce(&mut Variables) -> Option<T>,
) -> Result<Rc<T>, NotSetUp> {
    if let Some(settings) = kept.with(|kept| kept.get().cloned()) {
        return Ok(settings);
    }
    let mut variables = Variables::default();
    let settings = collect(&mut variables).await;
    let settings = variables.finish(settings.map(Rc::new))?;
    kept.with(|kept| kept.set(settings.clone()).ok());
    Ok(settings)
}

/// Some settings are missing or malformed: these.
#[derive(Clone, Debug)]
pub struct NotSetUp(pub Vec<Fault>);

impl From<NotSetUp> for crate::Failure {
    fn from(_: NotSetUp) -> Self {
        Problem::new(
            ProblemKind::Misconfigured,
            "The platform's settings are not complete. Its administrator finds what is missing \
             under /ready.",
        )
        .into()
    }
}
