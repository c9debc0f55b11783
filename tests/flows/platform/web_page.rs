//! The static files of the web page: headers, encodings, paths. `tests/web` tests the page in a browser.

use nokube_tests::{Response, TestPlatform};
use reqwest::{Method, StatusCode};

/// Requests a file with an `Accept-Encoding` header.
async fn get(platform: &TestPlatform, path: &str, encodings: &str) -> Response {
    let anonymous = platform.anonymous();
    let request = anonymous.request(Method::GET, path).header("accept-encoding", encodings);
    Response::send(request).await
}

/// The path of the page's script.
fn script_path(page: &str) -> String {
    let start = page.find("/assets/").expect("a script");
    page[start..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_has_security_headers_and_its_files_are_compressed_and_cached() {
    let platform = TestPlatform::start().await;
    let page = get(&platform, "/", "identity").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "no-cache");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for name in ["x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert!(page.headers.contains_key(name), "{name}");
    }

    let path = script_path(&page.text);
    let plain = get(&platform, &path, "gzip;q=0, br;q=0").await;
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert!(!plain.headers.contains_key("content-encoding"));
    for (accepted, expected) in [("gzip, deflate", "gzip"), ("gzip, br", "br"), ("BR;q=0.5", "br")]
    {
        let compressed = get(&platform, &path, accepted).await;
        assert_eq!(compressed.headers["content-encoding"], expected);
        assert_eq!(compressed.headers["vary"], "accept-encoding");
        assert_eq!(compressed.headers["etag"], plain.headers["etag"]);
    }
    let request = platform
        .anonymous()
        .request(Method::GET, "/")
        .header("if-none-match", &page.headers["etag"]);
    let cached = Response::send(request).await;
    assert_eq!((cached.status, cached.text.as_str()), (304, ""));
    platform.finish().await;
}

#[tokio::test]
async fn paths_of_the_page_return_it_and_unknown_paths_return_404() {
    let platform = TestPlatform::start().await;
    let page = get(&platform, "/", "identity").await.text;
    for path in
        ["/projects/1", "/builds/x", "/deployments/x", "/account", "/people", "/docs", "/authorize"]
    {
        let response = get(&platform, path, "identity").await;
        assert_eq!((response.status, &response.text), (200, &page), "{path}");
    }
    let unknown = get(&platform, "/nothing", "identity").await;
    assert_eq!((unknown.status, &unknown.text), (404, &page));
    for path in ["/api/v1/nothing", "/api/v2/builds", "/assets/%2Fspin.toml", "/assets/old.js"] {
        let response = get(&platform, path, "identity").await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!response.text.contains("<html"), "{path}");
    }
    let request = platform.anonymous().request(Method::POST, "/");
    let response = Response::send(request).await;
    assert_eq!(response.status, 405);
    assert_eq!(response.headers["allow"], "GET, HEAD");
    platform.finish().await;
}

#[tokio::test]
async fn the_committed_openapi_document_is_served() {
    let platform = TestPlatform::start().await;
    let served = get(&platform, "/api/v1/openapi.json", "identity").await;
    assert_eq!(served.headers["content-type"], "application/json");
    let served: serde_json::Value = serde_json::from_str(&served.text).unwrap();
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/api/openapi.json")).unwrap();
    assert_eq!(served, committed);
    platform.finish().await;
}

#[tokio::test]
async fn behind_tls_responses_have_an_hsts_header() {
    let platform =
        TestPlatform::config().variable("platform_url", "https://nokube.example.org").start().await;
    let page = get(&platform, "/", "identity").await;
    assert!(page.headers.contains_key("strict-transport-security"));
    platform.finish().await;
}
