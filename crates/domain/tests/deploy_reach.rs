//! Who may reach a service, and under which hosts and paths; amounts.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod deploying;

use deploying::{asked, faults_of, faulty, offer, with};
use nokube_domain::deploy::{At, Bytes, Cpu, Exposure, Host, Offer};
use serde_json::{Value, json};
use std::cmp::Ordering;

fn at_of(more: Value) -> At {
    match asked(more).spec.exposure {
        Exposure::External { at, .. } => at,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_external_services_have_a_domain_or_a_path() {
    let of = |kind: &str| asked(json!({ "exposure_type": kind })).spec.exposure;
    assert_eq!((of("none"), of("internal")), (Exposure::None, Exposure::Internal));
    assert_eq!(of("external"), Exposure::External { at: At::OwnHost, https: false });
    for kind in ["none", "internal"] {
        let domain = json!({ "exposure_type": kind, "custom_domain": "shop.example.org" });
        assert_eq!(faulty(domain), ["custom_domain"]);
        assert_eq!(faulty(json!({ "exposure_type": kind, "custom_path": "/x" })), ["custom_path"]);
    }
    let both = json!({ "custom_domain": "shop.example.org", "custom_path": "/x" });
    assert_eq!(faulty(both), ["custom_path"]);
}

#[test]
fn a_custom_domain_is_one_that_the_operator_allows() {
    let taken = [
        ("shop.example.org", "shop.example.org"),
        ("Shop.Example.ORG", "shop.example.org"),
        ("a.example.net", "a.example.net"),
        ("a.b.example.net", "a.b.example.net"),
        ("other.example.com", "other.example.com"),
    ];
    for (domain, host) in taken {
        let host: Host = host.parse().unwrap();
        assert_eq!(at_of(json!({ "custom_domain": domain })), At::Domain(host));
    }
    assert_eq!(at_of(json!({ "custom_domain": "" })), At::OwnHost);
    let refused = [
        "example.net",
        "x.shop.example.org",
        "evilexample.net",
        "shop.example.org.evil.net",
        // The platform's own, and all of the apps domain.
        "nokube.example.net",
        "NoKube.example.com",
        "apps.example.com",
        "frontend-myapp-testuser.apps.example.com",
        "a.b.apps.example.com",
        // No hosts.
        "shop.example.org.",
        ".example.net",
        "*.example.net",
        "https://shop.example.org",
        "shop.example.org:443",
        "shop.example.org/x",
        "a..example.net",
        "-a.example.net",
        "a_b.example.net",
        "münchen.example.net",
        "localhost",
        "10.0.0.1",
        "::1",
        " shop.example.org",
    ];
    for domain in refused {
        assert_eq!(faulty(json!({ "custom_domain": domain })), ["custom_domain"], "{domain}");
    }
    let long = format!("{}.example.net", ["a".repeat(63).as_str(); 4].join("."));
    assert_eq!(faulty(json!({ "custom_domain": long })), ["custom_domain"]);
}

#[test]
fn a_custom_path_is_the_beginning_of_others() {
    for (path, kept) in [("/shop", "/shop"), ("/shop/", "/shop"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f")]
    {
        assert_eq!(at_of(json!({ "custom_path": path })), At::Path(kept.parse().unwrap()));
    }
    assert_eq!(at_of(json!({ "custom_path": "" })), At::OwnHost);
    let refused = [
        "/", "//", "shop", "/a//b", "/a/../b", "/..", "/.", "/a?b", "/a#b", "/%2e%2e", "/a b",
        "/a;b", "/a\\b", "/é", "/a:b", "/a@b", "/a\n",
    ];
    for path in refused {
        assert_eq!(faulty(json!({ "custom_path": path })), ["custom_path"], "{path}");
    }
}

#[test]
fn only_what_the_platform_has_can_be_asked_for() {
    let offers = [
        (Offer { apps_domain: None, ..offer() }, json!({}), "exposure_type"),
        (Offer { paths: false, ..offer() }, json!({ "custom_path": "/x" }), "custom_path"),
        (Offer { https: false, ..offer() }, json!({ "enable_https": true }), "enable_https"),
        (
            Offer { custom_domains: Vec::new(), ..offer() },
            json!({ "custom_domain": "shop.example.org" }),
            "custom_domain",
        ),
    ];
    for (offer, more, field) in offers {
        let faults = faults_of(&with(more), &offer);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, field);
    }
}

#[test]
fn amounts_are_taken_or_refused() {
    let cpu = ["1", "1m", "500m", "0.5", ".5", "1.", "2.25", "1k", "0.001", "1Ki", "01"];
    for text in cpu {
        assert_eq!(text.parse::<Cpu>().map(|cpu| cpu.to_string()), Ok(text.into()), "{text}");
    }
    let bytes =
        ["1", "128Mi", "1Gi", "1G", "0.5Gi", "1.5Mi", "1Ti", "1Pi", "1P", "128974848", "1k"];
    for text in bytes {
        assert_eq!(text.parse::<Bytes>().map(|b| b.to_string()), Ok(text.into()), "{text}");
    }
    let bad = [
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
    for text in bad {
        assert!(text.parse::<Cpu>().is_err(), "{text}");
        assert!(text.parse::<Bytes>().is_err(), "{text}");
    }
    // Somebody who writes so means something else.
    for text in ["128m", "1000m", "0.5", "1.0001k"] {
        assert!(text.parse::<Bytes>().is_err(), "{text}");
    }
    let huge = "9".repeat(100_000);
    assert!(huge.parse::<Cpu>().is_err() && huge.parse::<Bytes>().is_err());
}

#[test]
fn amounts_compare_by_what_they_amount_to() {
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
fn what_comes_from_storage_is_checked_again() {
    assert!(serde_json::from_str::<Bytes>(r#""128m""#).is_err());
    assert!(serde_json::from_str::<Host>(r#""a b""#).is_err());
    assert_eq!(serde_json::to_string(&"0.5Gi".parse::<Bytes>().unwrap()).unwrap(), r#""0.5Gi""#);
}
