//! Pods without a machine, and pods that the project's limits do not allow.

use super::support::{Case, Expected, check_all};
use nokube_tests_cluster::{Story, Turn, cluster, config};
use serde_json::json;

/// A machine may come: it is no failure before the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fits_on_no_machine_waits_and_says_so() {
    let _turn = Turn::beside_others().await;
    let story = Story::start("big").await;
    let cases = vec![Case::new(
        "cpu",
        json!({ "cpu_request": "3900m", "cpu_limit": "4" }),
        Expected {
            status: "deploying",
            code: "unschedulable",
            words: &["cpu_request"],
            detail: "Insufficient cpu",
            within: 15,
        },
    )];
    check_all(&story, cases).await;
    story.finish().await;
}

/// Another service has taken what the project may use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_beyond_the_quota_is_named() {
    let _turn = Turn::beside_others().await;
    let story =
        Story::with("quota", config(cluster().await).await.variable("quota_pods", "2")).await;
    let mut request = super::support::request(&story, "first", &json!({ "replicas": 2 })).await;
    story.deploy(&request).await;
    // It is found at the deploy itself, or at the first look.
    request["service_name"] = json!("second");
    let response = story.user.post("/api/v1/deploy", &request).await;
    if response.status == 202 {
        let id = response.expect(202)["deployment_id"].as_str().unwrap().to_owned();
        let expected = Expected {
            status: "failed",
            code: "quota",
            words: &["pods"],
            detail: "exceeded quota",
            within: 15,
        };
        let path = format!("/api/v1/deployments/{id}");
        super::support::expect(&story, &path, &expected).await.unwrap();
    } else {
        assert!(response.text.contains("pods"), "{}", response.text);
    }
    story.finish().await;
}
