//! Settings that are wrong or missing.

use crate::ROUTES;
use nokube_test_host::TestHost;
use serde_json::json;

#[test]
fn ready_lists_all_that_is_wrong_and_callers_learn_only_that_something_is() {
    let host = TestHost::install();
    host.set("auth_session_secret", "short");
    host.set("platform_url", "");
    host.set("limit_changes_per_minute", "many");
    let errors = host.anybody(ROUTES).get("/ready").expect(200)["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(
        fields,
        ["auth_session_secret", "platform_url", "limit_changes_per_minute"].map(|name| json!(name))
    );
    let problem = host.user(ROUTES, "alice").get("/things").expect(503);
    assert_eq!(problem["type"], "/problems/misconfigured");
    assert!(!problem.to_string().contains("short"), "{problem}");
}

#[test]
fn nothing_is_wrong_with_the_settings_of_a_complete_platform() {
    let host = TestHost::install();
    assert_eq!(host.anybody(ROUTES).get("/ready").expect(200), json!({ "errors": [] }));
}
