//! Validated strings: types whose values are always valid. They are checked when a request is parsed and
//! again when read from storage.

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
