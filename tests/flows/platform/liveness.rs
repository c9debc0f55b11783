//! `/live`: a platform is restarted only if that can help.

use crate::support::shop::{LOOK_INTERVAL, MAX_LOOKS};
use nokube_tests::TestPlatform;
use serde_json::json;

#[tokio::test]
async fn only_a_store_that_gives_no_answer_is_a_reason_for_a_restart() {
    let mut platform = TestPlatform::config().on_redis().start().await;
    let anybody = platform.anonymous();
    assert_eq!(anybody.get("/live").await.expect(200), "alive\n");

    // It accepts connections, but says nothing.
    platform.redis().pause();
    let detail = anybody.get("/live").await.expect_problem(503);
    assert!(!detail.contains("store"), "everybody may ask: {detail}");
    // Whether requests are sent here does not depend on the store.
    assert_eq!(anybody.get("/health").await.status, 200);
    platform.redis().resume();
    assert_eq!(anybody.get("/live").await.status, 200);

    // Every host would restart, and none would find a store.
    platform.redis().stop();
    assert_eq!(anybody.get("/live").await.status, 200);
    platform.redis().restart().await;
    // A connection from before may fail once more.
    let alice = platform.user("alice");
    let mut looks = 0..MAX_LOOKS;
    while alice.post("/api/v1/projects", &json!({ "name": "myapp" })).await.status != 201 {
        assert!(looks.next().is_some(), "the store is not used again");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    platform.finish_with_expected_errors(&["live: the store does not answer", "store: "]).await;
}
