//! Amounts of CPU, memory and storage, as Kubernetes writes them.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use crate::text::BadText;
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt, str::FromStr};

/// Makes a kind of amount.
macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $fits:expr, $bad:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name {
            text: String,
            milli: u128,
        }

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl FromStr for $name {
            type Err = BadText;

            fn from_str(text: &str) -> Result<Self, BadText> {
                let milli = milli(text).filter(|milli| *milli > 0 && ($fits)(text));
                milli.map(|milli| Self { text: text.into(), milli }).ok_or(BadText($bad))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadText;

            fn try_from(text: String) -> Result<Self, BadText> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(amount: $name) -> String {
                amount.text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        // By what it amounts to: `1000m` is `1`.
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

amount!(
    /// Processor time: `500m` is half a core, `2` two. Not finer than a thousandth.
    Cpu,
    |_: &str| true,
    "must be an amount of CPU such as 500m (half a core) or 2"
);

amount!(
    /// Memory or storage in whole bytes: `128Mi`, `1Gi`, `1G`.
    Bytes,
    // Whoever writes `500m` means something else than half a byte, and `1000m` no whole one.
    |text: &str| !text.ends_with('m') && milli(text).is_some_and(|milli| milli.is_multiple_of(1000)),
    "must be an amount of bytes such as 128Mi or 1Gi (a plain 'm' would be a thousandth of a byte)"
);

/// More than any machine has, and small enough to be multiplied.
const MOST: u128 = 1 << 90;

/// A quantity in thousandths; `None` when it is none, or finer than that.
fn milli(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    // Long numbers are refused before they are computed with.
    if digits.is_empty() || digits.len() > 24 || text.len() > 32 {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    let (times, shift): (u128, i32) = match suffix {
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
    let shift = shift + 3 - i32::try_from(fraction.len()).ok()?;
    let value = digits.checked_mul(times)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs())?;
    let value = if shift >= 0 {
        value.checked_mul(power)?
    } else if value % power == 0 {
        value / power
    } else {
        return None;
    };
    (value <= MOST).then_some(value)
}
