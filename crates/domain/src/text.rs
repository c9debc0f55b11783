//! Texts that can only be made valid: parsed once, at the border, and again when read from storage.

/// Why a text was refused; says what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadText(pub &'static str);

/// Makes a type of the texts that a check lets through, perhaps in another spelling.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::BadText;

            fn from_str(text: &str) -> Result<Self, $crate::text::BadText> {
                $check(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::text::BadText;

            fn try_from(text: String) -> Result<Self, $crate::text::BadText> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

pub(crate) use checked_text;
