//! Quantities: `500m`, `1.5Gi`, `1e3`. Parses them and formats them in canonical form.
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use serde_json::Value;

const MALFORMED: &str = "quantities must match the regular expression \
     '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const BAD_SUFFIX: &str = "unable to parse quantity's suffix";

const NANO: i128 = 1_000_000_000;
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Starts with 10^-9.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// The amount in billionths.
    pub nanos: i128,
    format: Format,
}

impl Quantity {
    /// # Errors
    /// With the real server's message.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (number, suffix) = digits.split_at(end.unwrap_or(digits.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(MALFORMED);
        }
        let allowed = |letter: char| letter.is_ascii_digit() || "eEinumkKMGTP+-".contains(letter);
        if !suffix.chars().all(allowed) {
            return Err(MALFORMED);
        }
        let (factor, format) = factor(suffix).ok_or(BAD_SUFFIX)?;
        let digits: String = fraction.chars().take(9).collect();
        let parse = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
        let whole = parse(whole).ok_or(MALFORMED)?;
        let part = parse(&format!("{digits:0<9}")).ok_or(MALFORMED)?;
        let value = whole.saturating_mul(NANO).saturating_add(part);
        // The factor is in billionths too. Rounds up to whole billionths.
        let product = value.saturating_mul(factor);
        let nanos = product / NANO + i128::from(product % NANO > 0);
        Ok(Self { nanos: if negative { -nanos } else { nanos }, format })
    }

    /// Parses a quantity that was checked before. Zero if it is malformed.
    pub fn from_value(value: &Value) -> Self {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::parse(&text).unwrap_or(Self { nanos: 0, format: Format::Decimal })
    }

    pub fn plus(self, other: Self) -> Self {
        let format = if self.nanos == 0 { other.format } else { self.format };
        Self { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// Another amount in the same format.
    pub fn with_nanos(self, nanos: i128) -> Self {
        Self { nanos, ..self }
    }

    pub fn from_integer(number: i64) -> Self {
        Self { nanos: i128::from(number) * NANO, format: Format::Decimal }
    }

    pub fn zero() -> Self {
        Self::from_integer(0)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = self.nanos / NANO;
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::Binary && self.nanos % NANO == 0 && whole.abs() >= 1024 {
            let (mut rest, mut suffix) = (whole, "");
            for next in BINARY {
                if rest % 1024 != 0 {
                    break;
                }
                (rest, suffix) = (rest / 1024, next);
            }
            return write!(f, "{rest}{suffix}");
        }
        let (mut rest, mut index) = (self.nanos, 0_usize);
        while rest % 1000 == 0 && index + 1 < DECIMAL.len() {
            (rest, index) = (rest / 1000, index + 1);
        }
        let exponent = 3 * i32::try_from(index).unwrap_or_default() - 9;
        match self.format {
            Format::Exponent if exponent != 0 => write!(f, "{rest}e{exponent}"),
            _ => write!(f, "{rest}{}", DECIMAL.get(index).copied().unwrap_or_default()),
        }
    }
}

/// Returns the factor of a suffix in billionths.
fn factor(suffix: &str) -> Option<(i128, Format)> {
    if let Some(index) = BINARY.iter().position(|other| *other == suffix) {
        let power = u32::try_from(index).ok()? + 1;
        return Some((NANO * 1024_i128.pow(power), Format::Binary));
    }
    if let Some(index) = DECIMAL.iter().position(|other| *other == suffix) {
        return Some((1000_i128.pow(u32::try_from(index).ok()?), Format::Decimal));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = u32::try_from(exponent.checked_add(9)?).ok().filter(|power| *power < 28)?;
    Some((10_i128.pow(power), Format::Exponent))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // helpers of tests are tests
mod tests {
    use super::*;

    #[test]
    fn quantities_are_formatted_in_canonical_form() {
        for (input, canonical) in [
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1500Mi", "1500Mi"),
            ("0", "0"),
            ("1.5Gi", "1536Mi"),
            ("0.1", "100m"),
            ("512", "512"),
            ("2000", "2k"),
            ("1e3", "1e3"),
            ("100M", "100M"),
            ("0.5Mi", "512Ki"),
            ("0.5Ki", "512"),
            ("1u", "1u"),
            ("-1", "-1"),
        ] {
            assert_eq!(Quantity::parse(input).unwrap().to_string(), canonical, "{input}");
        }
        for malformed in ["", "abc", "1.2.3", "5 Gi", "1gi"] {
            assert!(Quantity::parse(malformed).is_err(), "{malformed}");
        }
    }
}
