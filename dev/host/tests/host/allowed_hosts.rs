//! Entries of `allowed_outbound_hosts`.

use local_host::allowed_hosts::{AllowedHosts, component_from_host, entry_for};

#[test]
fn an_entry_allows_matching_requests_only() {
    for (entry, allowed, denied) in [
        ("https://a.com", "https://a.com/x", "http://a.com/"),
        ("https://a.com", "https://A.com:443/", "https://a.com:444/"),
        ("http://a.com:8080", "http://a.com:8080/", "http://a.com/"),
        ("http://a.com:*", "http://a.com:9/", "http://b.com:9/"),
        ("http://a.com:80..90", "http://a.com:89/", "http://a.com:90/"),
        ("https://a.com/", "https://a.com/x", "https://a.com.evil/"),
        ("*://a.com:443", "https://a.com/", "http://a.com/"),
        ("https://*.a.com", "https://b.a.com/", "https://a.com/"),
        ("https://*.a.com", "https://c.b.a.com/", "https://ba.com/"),
        ("https://*", "https://any.where/", "http://any.where/"),
        ("*://*:*", "http://any.where:7/", "/relative"),
        ("http://10.0.0.0/8:80", "http://10.1.2.3/", "http://11.0.0.1/"),
        ("http://10.0.0.0/8", "http://10.1.2.3/", "http://ten.local/"),
        ("http://[::1]:80", "http://[::1]/", "http://[::2]/"),
        ("redis://a.com", "redis://a.com:6379", "redis://a.com:6380"),
        // Unlike `redis`, it has no default port.
        ("rediss://a.com:6380", "rediss://a.com:6380", "rediss://a.com"),
        ("rediss://a.com:*", "rediss://a.com", "redis://a.com"),
        ("http://self", "http://self.alt/x", "http://self.example/"),
        (
            "http://guest.spin.internal",
            "http://guest.spin.internal/",
            "http://other.spin.internal/",
        ),
        ("http://*.spin.internal", "http://any.spin.internal/", "http://spin.internal/"),
    ] {
        let mut hosts = AllowedHosts::default();
        hosts.add(entry).unwrap();
        assert!(hosts.allows(&allowed.parse().unwrap()), "{entry} should allow {allowed}");
        assert!(!hosts.allows(&denied.parse().unwrap()), "{entry} should deny {denied}");
    }
}

#[test]
fn the_error_of_an_invalid_entry_contains_it() {
    for entry in [
        "",
        "*",
        "a.com",
        "https://",
        "https://a.com/path",
        "https://a.com:80/path",
        "gopher://a.com",
        "https://a.com:x",
        "https://a.*",
        "https://*.a.*",
        "ht*p://a.com",
        "https://user@a.com",
    ] {
        let error = AllowedHosts::default().add(entry).expect_err(entry);
        assert!(format!("{error:#}").contains(&format!("{entry:?}")), "{error:#}");
    }
}

#[test]
fn the_entry_that_allows_a_request_is_its_origin() {
    for (uri, entry) in [
        ("https://api.github.com/repos?x=1", "https://api.github.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://self.alt/", "http://self"),
    ] {
        assert_eq!(entry_for(&uri.parse().unwrap()), entry);
    }
}

#[test]
fn an_internal_host_contains_the_component() {
    for (host, component) in [
        ("guest.spin.internal", Some("guest")),
        ("guest.spin.internal:80", Some("guest")),
        ("a.b.spin.internal", None),
        (".spin.internal", None),
        ("spin.internal", None),
        ("example.com", None),
    ] {
        assert_eq!(component_from_host(host), component, "{host}");
    }
}
