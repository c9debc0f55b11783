//! The operator's settings: Spin variables, read when first needed, with an error for each that is wrong.

use crate::{error::Error, host};
use nokube_domain::{
    image::Registry,
    problem::{FieldError, Problem, ProblemKind},
};
use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::BTreeMap,
    fmt::Display,
    ops::RangeInclusive,
    rc::Rc,
    str::FromStr,
};
use url::Url;

/// Reads variables and collects their errors, so that all are reported at once.
#[derive(Default)]
pub struct Variables {
    errors: Vec<FieldError>,
}

impl Variables {
    /// Records what is wrong with a variable. `detail` must not hold its value, which may be a secret.
    pub fn add_error(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError { field: name.into(), detail: detail.into() });
    }

    /// The variable's value without surrounding whitespace; `None` when it is empty or undefined.
    pub async fn optional(&mut self, name: &str) -> Option<String> {
        match host::variable(name).await {
            Ok(text) => text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(_) => {
                self.add_error(name, "cannot be read from its provider");
                None
            }
        }
    }

    /// A value that must be set; `description` says what it is.
    pub async fn required(&mut self, name: &str, description: &str) -> Option<String> {
        let value = self.optional(name).await;
        if value.is_none() {
            self.add_error(name, format!("is not set: {description}"));
        }
        value
    }

    /// A value that must be set and parse as `T`, whose error says what it must be.
    pub async fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
        description: &str,
    ) -> Option<T> {
        let text = self.required(name, description).await?;
        text.parse().map_err(|error: T::Err| self.add_error(name, error.to_string())).ok()
    }

    /// A whole number in a range; the start of the range when there is an error.
    pub async fn number<T: FromStr + PartialOrd + Copy + Display>(
        &mut self,
        name: &str,
        range: RangeInclusive<T>,
    ) -> T {
        let (low, high) = (*range.start(), *range.end());
        let text = self.required(name, "a whole number").await;
        match text.and_then(|text| text.parse().ok()).filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                if !self.errors.iter().any(|error| error.field == name) {
                    self.add_error(name, format!("must be a whole number from {low} to {high}"));
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
                self.add_error(name, "must be true or false");
                false
            }
        }
    }

    /// The origin of a server (`https://host`). It has no path because it is also listed in
    /// `allowed_outbound_hosts`, which takes none.
    pub async fn origin(&mut self, name: &str, description: &str) -> Option<Url> {
        let text = self.required(name, description).await?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match url {
            Some(url) if url.path() == "/" && url.query().is_none() => return Some(url),
            Some(_) => {
                let detail = "must be an origin such as https://api.github.com, without a path";
                self.add_error(name, detail);
            }
            None => self.add_error(name, "must be a URL that begins with https://"),
        }
        None
    }

    /// The registry and namespace of the platform's images.
    pub async fn registry(&mut self) -> Option<Registry> {
        let host = self.required("registry", "the registry as in image names").await;
        let description = "the organisation or user in the registry";
        let namespace = self.required("registry_namespace", description).await;
        match Registry::new(&host?, &namespace?) {
            Ok(registry) => Some(registry),
            Err(error) => {
                self.add_error("registry_namespace", error.to_string());
                None
            }
        }
    }

    /// The username and token that may pull private images, if set.
    pub async fn registry_credentials(&mut self) -> Option<(String, String)> {
        let username = self.optional("registry_username").await;
        let token = self.optional("registry_token").await;
        if username.is_some() != token.is_some() {
            self.add_error("registry_token", "must be set together with registry_username");
        }
        username.zip(token)
    }

    /// Returns `value` if there were no errors.
    ///
    /// # Errors
    /// All errors. Callers of the API only learn that the settings are incomplete; `/ready` lists them.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, SettingsError> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(SettingsError(self.errors)),
        }
    }
}

thread_local! {
    /// Settings by their type, for the life of the instance. Instances are soon replaced, so a changed variable takes
    /// effect then.
    static CACHE: RefCell<BTreeMap<TypeId, Rc<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Returns the cached settings, or collects and caches them.
///
/// # Errors
/// Everything that is wrong with the settings. Nothing is cached then.
pub async fn load_cached<T: 'static>(
    collect: impl AsyncFnOnce(&mut Variables) -> Option<T>,
) -> Result<Rc<T>, SettingsError> {
    let cached = CACHE.with_borrow(|cache| cache.get(&TypeId::of::<T>()).cloned());
    if let Some(Ok(settings)) = cached.map(Rc::downcast) {
        return Ok(settings);
    }
    let mut variables = Variables::default();
    let settings = collect(&mut variables).await;
    let settings = variables.finish(settings.map(Rc::new))?;
    CACHE.with_borrow_mut(|cache| cache.insert(TypeId::of::<T>(), settings.clone()));
    Ok(settings)
}

/// The settings that are missing or malformed.
#[derive(Clone, Debug)]
pub struct SettingsError(pub Vec<FieldError>);

impl From<SettingsError> for Error {
    fn from(_: SettingsError) -> Self {
        Problem::new(
            ProblemKind::Misconfigured,
            "The platform's settings are not complete. Its administrator finds what is missing \
             under /ready.",
        )
        .into()
    }
}
