//! Quantities: `500m`, `1.5Gi`, `1e3`, and the form in which the server keeps them.

use serde_json::Value;

use super::resources::Resource;

/// What the server says of a text that is none.
pub const MALFORMED: &str = "quantities must match the regular expression \
     '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const BAD_SUFFIX: &str = "unable to parse quantity's suffix";

const NANO: i128 = 1_000_000_000;
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// From 10^-9 on.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// How a quantity is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

/// An amount in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    pub nano: i128,
    format: Format,
}

impl Quantity {
    /// # Errors
    /// In the server's words.
    pub fn read(text: &str) -> Result<Self, &'static str> {
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
        // The factor is in billionths too. What is smaller than one is rounded up.
        let product = value.saturating_mul(factor);
        let nano = product / NANO + i128::from(product % NANO > 0);
        Ok(Self { nano: if negative { -nano } else { nano }, format })
    }

    /// The amount in a text that has been checked; nothing if it is none.
    pub fn of(value: &Value) -> Self {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::read(&text).unwrap_or(Self { nano: 0, format: Format::Decimal })
    }

    pub fn plus(self, other: Self) -> Self {
        let format = if self.nano == 0 { other.format } else { self.format };
        Self { nano: self.nano.saturating_add(other.nano), format }
    }

    /// Another amount, written in the same way.
    pub fn with(self, nano: i128) -> Self {
        Self { nano, ..self }
    }

    pub fn whole(number: i64) -> Self {
        Self { nano: i128::from(number) * NANO, format: Format::Decimal }
    }

    pub fn zero() -> Self {
        Self::whole(0)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = self.nano / NANO;
        if self.nano == 0 {
            return f.write_str("0");
        }
        if self.format == Format::Binary && self.nano % NANO == 0 && whole.abs() >= 1024 {
            let (mut left, mut suffix) = (whole, "");
            for next in BINARY {
                if left % 1024 != 0 {
                    break;
                }
                (left, suffix) = (left / 1024, next);
            }
            return write!(f, "{left}{suffix}");
        }
        let (mut left, mut step) = (self.nano, 0_usize);
        while left % 1000 == 0 && step + 1 < DECIMAL.len() {
            (left, step) = (left / 1000, step + 1);
        }
        let exponent = 3 * i32::try_from(step).unwrap_or_default() - 9;
        match self.format {
            Format::Exponent if exponent != 0 => write!(f, "{left}e{exponent}"),
            _ => write!(f, "{left}{}", DECIMAL.get(step).copied().unwrap_or_default()),
        }
    }
}

/// In billionths.
fn factor(suffix: &str) -> Option<(i128, Format)> {
    if let Some(at) = BINARY.iter().position(|known| *known == suffix) {
        let power = u32::try_from(at).ok()? + 1;
        return Some((NANO * 1024_i128.pow(power), Format::Binary));
    }
    if let Some(at) = DECIMAL.iter().position(|known| *known == suffix) {
        return Some((1000_i128.pow(u32::try_from(at).ok()?), Format::Decimal));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = u32::try_from(exponent.checked_add(9)?).ok().filter(|power| *power < 28)?;
    Some((10_i128.pow(power), Format::Exponent))
}

/// Visits every place of a kind where a quantity stands.
fn visit(resource: &Resource, object: &mut Value, see: &mut impl FnMut(&mut Value)) {
    let mut maps = |value: Option<&mut Value>| {
        let members = value.and_then(Value::as_object_mut).into_iter().flatten();
        members.for_each(|(_, quantity)| see(quantity));
    };
    match resource.plural {
        "resourcequotas" => maps(object.pointer_mut("/spec/hard")),
        "limitranges" => {
            for limit in super::json::list_mut(object, "/spec/limits") {
                for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
                    maps(limit.get_mut(field));
                }
            }
        }
        "persistentvolumeclaims" => {
            maps(object.pointer_mut("/spec/resources/requests"));
            maps(object.pointer_mut("/spec/resources/limits"));
        }
        "horizontalpodautoscalers" => {
            for metric in super::json::list_mut(object, "/spec/metrics") {
                let kinds = ["resource", "pods", "object", "external", "containerResource"];
                for kind in kinds {
                    for field in ["value", "averageValue"] {
                        if let Some(value) = metric.pointer_mut(&format!("/{kind}/target/{field}"))
                        {
                            see(value);
                        }
                    }
                }
            }
        }
        "deployments" | "replicasets" | "pods" => {
            let spec = if resource.plural == "pods" { "/spec" } else { "/spec/template/spec" };
            for list in ["containers", "initContainers"] {
                for container in super::json::list_mut(object, &format!("{spec}/{list}")) {
                    for field in ["requests", "limits"] {
                        let path = format!("/resources/{field}");
                        let found = container.pointer_mut(&path).and_then(Value::as_object_mut);
                        found.into_iter().flatten().for_each(|(_, quantity)| see(quantity));
                    }
                }
            }
            for volume in super::json::list_mut(object, &format!("{spec}/volumes")) {
                if let Some(limit) = volume.pointer_mut("/emptyDir/sizeLimit") {
                    see(limit);
                }
            }
        }
        _ => {}
    }
}

/// # Errors
/// When something is not a quantity; in the server's words.
pub fn check_all(resource: &Resource, object: &Value) -> Result<(), String> {
    let mut wrong = None;
    visit(resource, &mut object.clone(), &mut |value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Err(why) = Quantity::read(&text) {
            wrong.get_or_insert(why);
        }
    });
    match wrong {
        Some(why) => Err(format!(
            "unable to convert unstructured object to {}/{}, Kind={}: {why}",
            resource.group, resource.version, resource.kind
        )),
        None => super::validation::data::check_base64(resource, object),
    }
}

/// Writes every quantity as the server keeps it.
pub fn canonical_all(resource: &Resource, object: &mut Value) {
    visit(resource, object, &mut |value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Ok(quantity) = Quantity::read(&text) {
            *value = Value::from(quantity.to_string());
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // helpers of tests are tests
mod tests {
    use super::*;

    #[test]
    fn quantities_are_kept_in_their_shortest_form() {
        for (given, kept) in [
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
            assert_eq!(Quantity::read(given).unwrap().to_string(), kept, "{given}");
        }
        for wrong in ["", "abc", "1.2.3", "5 Gi", "1gi"] {
            assert!(Quantity::read(wrong).is_err(), "{wrong}");
        }
    }
}
