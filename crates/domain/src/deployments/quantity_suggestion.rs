//! What was probably meant by a quantity that is invalid, or much smaller or larger than a service needs.

/// Units of bytes from small to large, each with the other spellings that people use (`o`: French for byte).
const UNITS: [(&str, &[&str]); 6] = [
    ("", &["b", "byte", "bytes", "o", "octet", "octets"]),
    ("Ki", &["k", "kb", "ki", "kib", "ko", "kio"]),
    ("Mi", &["m", "mb", "mi", "mib", "mo", "mio"]),
    ("Gi", &["g", "gb", "gi", "gib", "go", "gio"]),
    ("Ti", &["t", "tb", "ti", "tib", "to", "tio"]),
    ("Pi", &["p", "pb", "pi", "pib", "po", "pio"]),
];

/// Below this, a number without a unit is taken for GiB, else for MiB.
const MIN_MEBIBYTES: f64 = 16.0;

/// The number and the unit in lower case, without spaces. A decimal comma becomes a point.
fn split(text: &str) -> Option<(String, String)> {
    if text.len() > 32 {
        return None;
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
    let text = text.trim_start_matches('+').replace(',', ".");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    number.parse::<f64>().ok()?;
    Some((number.to_owned(), unit.to_ascii_lowercase()))
}

/// The index of the unit in [`UNITS`].
fn unit_index(unit: &str) -> Option<usize> {
    UNITS
        .iter()
        .position(|(name, others)| unit.is_empty() && name.is_empty() || others.contains(&unit))
}

/// The amount of bytes that was meant by an invalid one: `512mb`, `512 Mi` and `512m` are `512Mi`.
pub(super) fn valid_bytes(text: &str) -> Option<String> {
    let (number, unit) = split(text)?;
    match unit_index(&unit)? {
        0 => larger_bytes(&number),
        index => UNITS.get(index).map(|(unit, _)| format!("{number}{unit}")),
    }
}

/// The amount that was meant by one that is too small: `512` is `512Mi`, `4Mi` is `4Gi`.
pub(super) fn larger_bytes(text: &str) -> Option<String> {
    let (number, unit) = split(text)?;
    let is_small = number.parse::<f64>().is_ok_and(|number| number < MIN_MEBIBYTES);
    let index = match unit_index(&unit)? {
        0 if is_small => 3,
        0 => 2,
        index => index + 1,
    };
    UNITS.get(index).map(|(unit, _)| format!("{number}{unit}"))
}

/// The amount that was meant by one that is too large: `512Gi` is `512Mi`.
pub(super) fn smaller_bytes(text: &str) -> Option<String> {
    let (number, unit) = split(text)?;
    let (unit, _) = UNITS.get(unit_index(&unit)?.checked_sub(1)?)?;
    Some(format!("{number}{unit}"))
}

/// The CPU that was meant by an invalid amount: `500 mCPU` is `500m`, `0.5m` is half a core and `2 cores` is `2`.
pub(super) fn valid_cpu(text: &str) -> Option<String> {
    let (number, unit) = split(text)?;
    match unit.as_str() {
        "m" | "mi" | "mcpu" | "mcore" | "mcores" | "milli" | "millicpu" | "millicore"
        | "millicores"
            if !number.contains('.') =>
        {
            Some(format!("{number}m"))
        }
        "m" | "" | "c" | "cpu" | "cpus" | "vcpu" | "vcpus" | "core" | "cores" => {
            milli(&number, 1000.0)
        }
        "%" => milli(&number, 10.0),
        _ => None,
    }
}

/// The CPU that was meant by a tiny amount: `1m` is `1`.
pub(super) fn larger_cpu(text: &str) -> Option<String> {
    let (number, unit) = split(text)?;
    (unit == "m").then_some(number)
}

/// The CPU that was meant by a huge amount: `500` and `500Mi` are `500m`.
pub(super) fn smaller_cpu(text: &str) -> Option<String> {
    split(text).map(|(number, _)| format!("{number}m"))
}

/// The number times `factor`, in thousandths of a core if it is not a number of whole cores.
fn milli(number: &str, factor: f64) -> Option<String> {
    let milli = (number.parse::<f64>().ok()? * factor).round();
    if !(1.0..=1e9).contains(&milli) {
        return None;
    }
    Some(if milli % 1000.0 == 0.0 { format!("{}", milli / 1000.0) } else { format!("{milli}m") })
}
