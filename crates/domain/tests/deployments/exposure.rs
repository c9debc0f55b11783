//! Exposure of services: custom domains, paths, and what the platform allows.

use crate::fixtures::{field_errors, invalid_fields, limits, parse, request_with};
use nokube_domain::deployments::{Address, Exposure, Host, PlatformLimits};
use serde_json::{Value, json};

fn address_of(more: Value) -> Address {
    match parse(more).spec.exposure {
        Exposure::External { address, .. } => address,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_external_services_may_have_a_domain_or_a_path() {
    let exposure = |kind: &str| parse(json!({ "exposure_type": kind })).spec.exposure;
    assert_eq!((exposure("none"), exposure("internal")), (Exposure::None, Exposure::Internal));
    assert_eq!(
        exposure("external"),
        Exposure::External { address: Address::OwnHost, https: false }
    );
    for kind in ["none", "internal"] {
        let domain = json!({ "exposure_type": kind, "custom_domain": "shop.example.org" });
        assert_eq!(invalid_fields(domain), ["custom_domain"]);
        assert_eq!(
            invalid_fields(json!({ "exposure_type": kind, "custom_path": "/x" })),
            ["custom_path"]
        );
    }
    let both = json!({ "custom_domain": "shop.example.org", "custom_path": "/x" });
    assert_eq!(invalid_fields(both), ["custom_path"]);
}

#[test]
fn a_custom_domain_must_be_allowed_by_the_operator() {
    let accepted = [
        ("shop.example.org", "shop.example.org"),
        ("Shop.Example.ORG", "shop.example.org"),
        ("a.example.net", "a.example.net"),
        ("a.b.example.net", "a.b.example.net"),
        ("other.example.com", "other.example.com"),
    ];
    for (domain, host) in accepted {
        let host: Host = host.parse().unwrap();
        assert_eq!(address_of(json!({ "custom_domain": domain })), Address::Domain(host));
    }
    assert_eq!(address_of(json!({ "custom_domain": "" })), Address::OwnHost);
    let rejected = [
        "example.net",
        "x.shop.example.org",
        "evilexample.net",
        "shop.example.org.evil.net",
        // The platform's own hosts, and everything below the apps domain.
        "nokube.example.net",
        "NoKube.example.com",
        "apps.example.com",
        "frontend-myapp-testuser.apps.example.com",
        "a.b.apps.example.com",
        // Not valid as hosts.
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
    for domain in rejected {
        assert_eq!(
            invalid_fields(json!({ "custom_domain": domain })),
            ["custom_domain"],
            "{domain}"
        );
    }
    let long = format!("{}.example.net", ["a".repeat(63).as_str(); 4].join("."));
    assert_eq!(invalid_fields(json!({ "custom_domain": long })), ["custom_domain"]);
}

#[test]
fn a_custom_path_must_be_a_plain_prefix() {
    for (path, expected) in
        [("/shop", "/shop"), ("/shop/", "/shop"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f")]
    {
        assert_eq!(
            address_of(json!({ "custom_path": path })),
            Address::Path(expected.parse().unwrap())
        );
    }
    assert_eq!(address_of(json!({ "custom_path": "" })), Address::OwnHost);
    let rejected = [
        "/", "//", "shop", "/a//b", "/a/../b", "/..", "/.", "/a?b", "/a#b", "/%2e%2e", "/a b",
        "/a;b", "/a\\b", "/é", "/a:b", "/a@b", "/a\n",
    ];
    for path in rejected {
        assert_eq!(invalid_fields(json!({ "custom_path": path })), ["custom_path"], "{path}");
    }
}

#[test]
fn a_request_may_only_use_what_the_platform_provides() {
    let table = [
        (PlatformLimits { apps_domain: None, ..limits() }, json!({}), "exposure_type"),
        (
            PlatformLimits { has_path_routing: false, ..limits() },
            json!({ "custom_path": "/x" }),
            "custom_path",
        ),
        (
            PlatformLimits { has_https: false, ..limits() },
            json!({ "enable_https": true }),
            "enable_https",
        ),
        (
            PlatformLimits { custom_domains: Vec::new(), ..limits() },
            json!({ "custom_domain": "shop.example.org" }),
            "custom_domain",
        ),
    ];
    for (limits, more, field) in table {
        let errors = field_errors(&request_with(more), &limits);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].0, field);
    }
}
