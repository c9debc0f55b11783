//! Validated strings: types whose values are always valid. They are checked when a request is parsed and
//! again when read from storage.

use std::{fmt::Display, str::FromStr};

/// The error for an invalid string: what it must be, starting with "must".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub &'static str);

/// `text` if it is valid; else what it must be.
pub(crate) fn valid_if(
    is_valid: bool,
    text: impl Into<String>,
    requirement: &'static str,
) -> Result<String, InvalidText> {
    if is_valid { Ok(text.into()) } else { Err(InvalidText(requirement)) }
}

/// Parses `text`. If it is invalid, the error ends with what was probably meant, provided that this is valid.
pub(crate) fn parse_or_suggest<T: FromStr>(
    text: &str,
    correct: impl FnOnce(&str) -> Option<String>,
) -> Result<T, String>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| {
        let corrected = correct(text).filter(|corrected| corrected.parse::<T>().is_ok());
        with_suggestion(error, corrected)
    })
}

/// The error, and what was probably meant.
pub(crate) fn with_suggestion(error: impl Display, corrected: Option<String>) -> String {
    match corrected {
        Some(corrected) => format!("{error}; did you mean {corrected}?"),
        None => error.to_string(),
    }
}

/// Defines a string type. `$check` takes `&str` and returns the string in its canonical spelling, or an
/// [`InvalidText`].
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde_with::SerializeDisplay, serde_with::DeserializeFromStr)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::InvalidText;

            fn from_str(text: &str) -> Result<Self, $crate::text::InvalidText> {
                $check(text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// Implements `Display` for enums without data: the names that serde gives their variants.
macro_rules! display_serde_name {
    ($($name:ident),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    )*};
}

pub(crate) use {checked_text, display_serde_name};
