//! The hosts to which a redirect for a log is followed.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used)]

use http::Uri;
use nokube_github::logs::is_log_host;

const GITHUB: &str = "https://api.github.com";
const ENTERPRISE: &str = "https://git.example.com:8443/api/v3";

fn is_followed(location: &str, api: &str) -> bool {
    // A text that is not a URI is not followed.
    location.parse::<Uri>().is_ok_and(|location| is_log_host(&location, &api.parse().unwrap()))
}

#[test]
fn githubs_log_storage_is_followed() {
    for location in [
        "https://productionresultssa1.blob.core.windows.net/a?sig=x",
        "https://productionresultssa19.blob.core.windows.net/",
        "https://pipelines.actions.githubusercontent.com/x",
        "https://a.b.actions.githubusercontent.com/x",
        "https://api.github.com/elsewhere",
    ] {
        assert!(is_followed(location, GITHUB), "{location}");
    }
    assert!(is_followed("https://git.example.com:8443/_services/pipelines/x", ENTERPRISE));
    assert!(is_followed("http://127.0.0.1:4000/logs/1", "http://127.0.0.1:4000"), "the simulation");
}

#[test]
fn every_other_host_is_rejected() {
    for location in [
        "",
        "/relative",
        "//productionresultssa1.blob.core.windows.net/",
        "productionresultssa1.blob.core.windows.net",
        "http://productionresultssa1.blob.core.windows.net/",
        "ftp://productionresultssa1.blob.core.windows.net/",
        "https://productionresultssa1.blob.core.windows.net.evil.com/",
        "https://productionresultssa1.blob.core.windows.net./",
        "https://productionresultssa.blob.core.windows.net/",
        "https://productionresultssa1x.blob.core.windows.net/",
        "https://productionresultssa-1.blob.core.windows.net/",
        "https://productionresultssa1.evil.blob.core.windows.net/",
        "https://productionresultssa١.blob.core.windows.net/", // an Arabic digit
        "https://evil.blob.core.windows.net/",
        "https://xproductionresultssa1.blob.core.windows.net/",
        "https://productionresultssa1.blob.core.windows.net:8443/",
        "https://productionresultssa1.blob.core.windows.net:443/",
        "https://me@productionresultssa1.blob.core.windows.net/",
        "https://productionresultssa1.blob.core.windows.net@evil.com/",
        "https://productionresultssa1.blob.core.windows.net:x@evil.com/",
        "https://evil.com/productionresultssa1.blob.core.windows.net",
        "https://evil.com?.actions.githubusercontent.com",
        "https://evil.com#.actions.githubusercontent.com",
        "https://evil.com\\.actions.githubusercontent.com/",
        "https://evil.com%2f.actions.githubusercontent.com/",
        "https://evil.com%00.actions.githubusercontent.com/",
        "https://actions.githubusercontent.com/",
        "https://evilactions.githubusercontent.com/",
        "https://.actions.githubusercontent.com/",
        "https://a;b.actions.githubusercontent.com/",
        "https://a_b.actions.githubusercontent.com/",
        "https://x.actions.githubusercontent.com.evil.com/",
        "https://raw.githubusercontent.com/",
        "https://github.com/",
        "http://api.github.com/",
        "https://api.github.com:8443/",
        "https://me@api.github.com/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
    ] {
        assert!(!is_followed(location, GITHUB), "{location}");
    }
    for location in
        ["https://git.example.com/x", "http://git.example.com:8443/x", "https://evil.com:8443/"]
    {
        assert!(!is_followed(location, ENTERPRISE), "{location}");
    }
}

/// Hosts are case-insensitive. Whether such a URL is followed matters little, but it must not reach another host.
#[test]
fn capital_letters_do_not_get_around_the_check() {
    assert!(!is_followed("https://EVIL.com/", GITHUB));
    assert!(!is_followed("https://X.ACTIONS.githubusercontent.com.EVIL.com/", GITHUB));
    assert!(is_followed("https://API.github.com/x", GITHUB));
}
