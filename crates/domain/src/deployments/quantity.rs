//! Quantities of CPU, memory and storage in the notation of Kubernetes.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use super::quantity_suggestion as suggestion;
#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, reference};
use crate::{
    field_types::read_text,
    fields::{FieldValue, Fields},
    text::{InvalidText, parse_or_suggest, with_suggestion},
};
use serde_json::Value;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::{cmp::Ordering, fmt, str::FromStr};

/// A quantity in a request, for messages about one that is too small or too large.
pub(super) trait Quantity: FromStr + Ord + fmt::Display {
    /// The unit of a number without a unit.
    const BASE_UNIT: &str;
    /// A number without a unit that is outside of these was probably meant in another unit.
    const PLAUSIBLE: (&str, &str);

    /// What was probably meant by a value that is too small.
    fn larger(text: &str) -> Option<String>;

    /// What was probably meant by a value that is too large.
    fn smaller(text: &str) -> Option<String>;
}

/// Defines a type for a positive quantity.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $is_valid:expr, $error:literal, $suggest:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, SerializeDisplay, DeserializeFromStr)]
        pub struct $name {
            text: String,
            milli: u128,
        }

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        // An error says what was probably meant.
        impl FieldValue for $name {
            fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
                if let Value::Number(number) = &value {
                    let meant = meant_by_number::<Self>(&number.to_string());
                    fields.add_error(field, with_suggestion("must be a string", meant));
                    return None;
                }
                read_text(value, field, fields, |text| parse_or_suggest::<Self>(text, $suggest))
            }

            #[cfg(feature = "schema")]
            fn schema(schemas: &mut Schemas) -> FieldSchema {
                reference::<Self>(schemas)
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                let milli = parse_milli(text).filter(|milli| *milli > 0 && ($is_valid)(text));
                milli.map(|milli| Self { text: text.into(), milli }).ok_or(InvalidText($error))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        // Compares values, not spellings: `1000m` equals `1`.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.milli == other.milli
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.milli.cmp(&other.milli)
            }
        }
    };
}

quantity!(
    /// CPU in cores: `500m` is half a core. The resolution is a thousandth.
    Cpu,
    |_: &str| true,
    "must be an amount of CPU such as 500m (half a core) or 2",
    suggestion::valid_cpu
);

quantity!(
    /// Memory or storage in whole bytes: `128Mi`, `1Gi`, `1G`.
    Bytes,
    // `500m` would be half a byte. Users who write it mean something else, even with `1000m`.
    |text: &str| !text.ends_with('m') && parse_milli(text).is_some_and(|milli| milli.is_multiple_of(1000)),
    "must be an amount of bytes such as 128Mi or 1Gi (a plain 'm' would be a thousandth of a byte)",
    suggestion::valid_bytes
);

impl Quantity for Cpu {
    const BASE_UNIT: &str = "cores";
    const PLAUSIBLE: (&str, &str) = ("1m", "64");

    fn larger(text: &str) -> Option<String> {
        suggestion::larger_cpu(text)
    }

    fn smaller(text: &str) -> Option<String> {
        suggestion::smaller_cpu(text)
    }
}

impl Quantity for Bytes {
    const BASE_UNIT: &str = "bytes";
    const PLAUSIBLE: (&str, &str) = ("1Mi", "1Pi");

    fn larger(text: &str) -> Option<String> {
        suggestion::larger_bytes(text)
    }

    fn smaller(text: &str) -> Option<String> {
        suggestion::smaller_bytes(text)
    }
}

/// The string that was meant by a number in JSON.
fn meant_by_number<T: Quantity>(number: &str) -> Option<String> {
    let (min, max) = T::PLAUSIBLE;
    let (min, max) = (min.parse::<T>().ok()?, max.parse::<T>().ok()?);
    let meant = match number.parse::<T>() {
        Ok(value) if value > max => T::smaller(number),
        Ok(value) if value >= min => Some(number.to_owned()),
        _ => T::larger(number),
    };
    meant.filter(|meant| meant.parse::<T>().is_ok()).map(|meant| format!("{meant:?}"))
}

/// A limit in thousandths, above any real value.
const MAX_MILLI: u128 = 1 << 90;

/// Parses a quantity into thousandths. Returns `None` if it is invalid or has a finer resolution.
pub fn parse_milli(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    // Reject long numbers before computing with them.
    if digits.is_empty() || digits.len() > 24 || text.len() > 32 {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    let (factor, exponent): (u128, i32) = match suffix {
        "" => (1, 0),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        _ => return None,
    };
    let exponent = exponent + 3 - i32::try_from(fraction.len()).ok()?;
    let value = digits.checked_mul(factor)?;
    let power = 10_u128.checked_pow(exponent.unsigned_abs())?;
    let value = if exponent >= 0 {
        value.checked_mul(power)?
    } else if value % power == 0 {
        value / power
    } else {
        return None;
    };
    (value <= MAX_MILLI).then_some(value)
}
