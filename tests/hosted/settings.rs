//! Without a Redis server, the components say what is missing.

use local_host::{App, Console, Options};
use nokube_tests::{StoreKind, TestPlatform, User, app};
use serde_json::json;

#[tokio::test]
async fn without_state_redis_url_everything_says_that_it_is_required() {
    let app: App = app(StoreKind::Hosted);
    let variables = TestPlatform::config().variables;
    let options = Options { console: Console::Capture, variables, ..Options::default() };
    let running = app.serve(options).await.unwrap();
    let alice = User::at(&running.url(), "alice");
    let ready = alice.get("/ready").await.expect(503);
    let checks = ready["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "state_redis_url").unwrap();
    let detail = check["detail"].as_str().unwrap();
    assert!(detail.contains("must be set, together with state_redis_host"), "{detail}");
    for response in [
        alice.get("/api/v1/projects").await,
        alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await,
    ] {
        assert!(response.expect_problem(503).contains("/ready"));
    }
    assert_eq!(alice.get("/health").await.status, 200);
    running.stop().await.unwrap();
}
