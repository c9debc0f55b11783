//! Quantities of CPU, memory and storage.

use nokube_domain::deployments::{Bytes, Cpu, Host};
use std::cmp::Ordering;

#[test]
fn quantities_are_parsed_as_kubernetes_does() {
    let cpu = ["1", "1m", "500m", "0.5", ".5", "1.", "2.25", "1k", "0.001", "1Ki", "01"];
    for text in cpu {
        assert_eq!(text.parse::<Cpu>().map(|cpu| cpu.to_string()), Ok(text.into()), "{text}");
    }
    let bytes =
        ["1", "128Mi", "1Gi", "1G", "0.5Gi", "1.5Mi", "1Ti", "1Pi", "1P", "128974848", "1k"];
    for text in bytes {
        assert_eq!(text.parse::<Bytes>().map(|b| b.to_string()), Ok(text.into()), "{text}");
    }
    let invalid = [
        "",
        ".",
        "m",
        "Mi",
        "0",
        "0m",
        "0.0",
        "-1",
        "+1",
        "1 ",
        " 1",
        "1mi",
        "1MI",
        "1KI",
        "1K",
        "1e3",
        "1E",
        "0.0001",
        "1u",
        "1n",
        "1.5.5",
        "1,5",
        "١",
        "½",
        "1Mi1",
        "NaN",
        "inf",
        "0x10",
        "9999999999999999999999999",
        "99999999999999999999999P",
        "0.0000000000000000000000000001",
    ];
    for text in invalid {
        assert!(text.parse::<Cpu>().is_err(), "{text}");
        assert!(text.parse::<Bytes>().is_err(), "{text}");
    }
    // Fractions of a byte: the user means something else.
    for text in ["128m", "1000m", "0.5", "1.0001k"] {
        assert!(text.parse::<Bytes>().is_err(), "{text}");
    }
    let huge = "9".repeat(100_000);
    assert!(huge.parse::<Cpu>().is_err() && huge.parse::<Bytes>().is_err());
}

#[test]
fn quantities_compare_by_value() {
    let cpu = [("1000m", "1", Ordering::Equal), ("0.1", "100m", Ordering::Equal)];
    let cpu_more = [("999m", "1", Ordering::Less), ("1k", "999", Ordering::Greater)];
    for (a, b, order) in cpu.into_iter().chain(cpu_more) {
        assert_eq!(a.parse::<Cpu>().unwrap().cmp(&b.parse().unwrap()), order, "{a} {b}");
    }
    let bytes = [
        ("1Gi", "1024Mi", Ordering::Equal),
        ("1k", "1000", Ordering::Equal),
        ("0.5Gi", "512Mi", Ordering::Equal),
        ("1G", "1Gi", Ordering::Less),
        ("1P", "1Ti", Ordering::Greater),
        ("1Pi", "1Ti", Ordering::Greater),
    ];
    for (a, b, order) in bytes {
        assert_eq!(a.parse::<Bytes>().unwrap().cmp(&b.parse().unwrap()), order, "{a} {b}");
    }
}

#[test]
fn stored_values_are_validated_again() {
    assert!(serde_json::from_str::<Bytes>(r#""128m""#).is_err());
    assert!(serde_json::from_str::<Host>(r#""a b""#).is_err());
    assert_eq!(serde_json::to_string(&"0.5Gi".parse::<Bytes>().unwrap()).unwrap(), r#""0.5Gi""#);
}
