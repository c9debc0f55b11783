//! The web page's files, as browsers and others ask for them. What the page does is tried in a browser:
//! `tests/web`.

use nokube_tests::{Answer, World};
use reqwest::{Method, StatusCode};

/// What a browser gets that takes these codings.
async fn get(world: &World, path: &str, codings: &str) -> Answer {
    let anybody = world.anybody();
    let request = anybody.request(Method::GET, path).header("accept-encoding", codings);
    Answer::of(request).await
}

/// The path of the page's script.
fn script(page: &str) -> String {
    let begin = page.find("/assets/").expect("a script");
    page[begin..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_comes_small_guarded_and_is_kept_as_long_as_it_may_be() {
    let world = World::new().await;
    let page = get(&world, "/", "identity").await;
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

    let path = script(&page.text);
    let plain = get(&world, &path, "gzip;q=0, br;q=0").await;
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert!(!plain.headers.contains_key("content-encoding"));
    for (codings, coding) in [("gzip, deflate", "gzip"), ("gzip, br", "br"), ("BR;q=0.5", "br")] {
        let packed = get(&world, &path, codings).await;
        assert_eq!(packed.headers["content-encoding"], coding);
        assert_eq!(packed.headers["vary"], "accept-encoding");
        assert_eq!(packed.headers["etag"], plain.headers["etag"]);
    }
    let anybody = world.anybody();
    let known = anybody.request(Method::GET, "/").header("if-none-match", &page.headers["etag"]);
    let known = Answer::of(known).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
    world.end().await;
}

#[tokio::test]
async fn paths_of_the_page_show_it_and_others_say_that_nothing_is_there() {
    let world = World::new().await;
    let page = get(&world, "/", "identity").await.text;
    for path in ["/projects/1", "/builds/x", "/deployments/x", "/account", "/people", "/docs"] {
        let shown = get(&world, path, "identity").await;
        assert_eq!((shown.status, &shown.text), (200, &page), "{path}");
    }
    let nowhere = get(&world, "/nothing", "identity").await;
    assert_eq!((nowhere.status, &nowhere.text), (404, &page));
    for path in ["/api/v1/nothing", "/api/v2/builds", "/assets/%2Fspin.toml", "/assets/old.js"] {
        let none = get(&world, path, "identity").await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!none.text.contains("<html"), "{path}");
    }
    let anybody = world.anybody();
    let sent = Answer::of(anybody.request(Method::POST, "/")).await;
    assert_eq!(sent.status, 405);
    world.end().await;
}

#[tokio::test]
async fn the_contract_is_served_as_it_is_published() {
    let world = World::new().await;
    let served = get(&world, "/api/v1/openapi.json", "identity").await;
    assert_eq!(served.headers["content-type"], "application/json");
    let served: serde_json::Value = serde_json::from_str(&served.text).unwrap();
    let published: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/api/openapi.json")).unwrap();
    assert_eq!(served, published);
    world.end().await;
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_stay_there() {
    let world = World::plan().set("platform_url", "https://nokube.example.org").start().await;
    let page = get(&world, "/", "identity").await;
    assert!(page.headers.contains_key("strict-transport-security"));
    world.end().await;
}
