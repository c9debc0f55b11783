//! Services whose address is dead while their pods run, and what others changed in the cluster.

use nokube_tests::{TestPlatform, User};
use serde_json::{Value, json};
use std::time::Duration;

const NAMESPACE: &str = "nk-alice-myapp";

/// Reads the deployment until its `reachable` has this value.
async fn wait_until_reachable_is(alice: &User, path: &str, expected: &str) -> Value {
    let mut view = Value::Null;
    for _ in 0..100 {
        view = alice.get(path).await.expect(200);
        if view["reachable"] == expected {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("reachable is not {expected}: {view:#}");
}

/// The codes of what is wrong, with the objects.
fn issues(view: &Value) -> Vec<(&str, &str)> {
    let text = |value: &Value| value.as_str().map(str::len);
    let issues = view["issues"].as_array().unwrap().iter();
    assert!(issues.clone().all(|issue| text(&issue["action"]) > Some(0)), "{view:#}");
    issues
        .map(|issue| {
            (issue["code"].as_str().unwrap(), issue["object"].as_str().unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn a_running_service_says_that_its_gateway_or_service_is_gone() {
    let platform = TestPlatform::config()
        .variable("apps_routing", "gateway")
        .variable("apps_gateway", "gateway/main")
        .start()
        .await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let view = wait_until_reachable_is(&alice, &path, "yes").await;
    assert_eq!(issues(&view), [], "{view:#}");

    assert!(platform.cluster.delete_object("services", NAMESPACE, "web-service"));
    let view = wait_until_reachable_is(&alice, &path, "no").await;
    assert_eq!(view["status"], "running", "its pods run");
    assert!(issues(&view).contains(&("removed", "Service web-service")), "{view:#}");
    alice.post(&format!("{path}/apply"), &json!({})).await.expect(202);
    let view = wait_until_reachable_is(&alice, &path, "yes").await;
    assert_eq!((&view["revision"], &view["release"]), (&json!(2), &json!(1)), "{view:#}");

    assert!(platform.cluster.delete_object("gateways", "gateway", "main"));
    let view = wait_until_reachable_is(&alice, &path, "no").await;
    assert_eq!(view["status"], "running");
    assert_eq!(issues(&view), [("gateway_not_ready", "Gateway gateway/main")], "{view:#}");
    platform.finish().await;
}

#[tokio::test]
async fn a_change_by_somebody_else_is_named_and_undone_without_new_pods() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let change = json!({ "spec": { "revisionHistoryLimit": 7 } });
    let changed =
        platform.cluster.edit_object("deployments", (NAMESPACE, "web"), "kubectl-edit", &change);
    changed.unwrap();
    let view = alice.get(&path).await.expect(200);
    assert_eq!(issues(&view), [("changed_by_others", "Deployment web")], "{view:#}");
    let message = view["issues"][0]["message"].as_str().unwrap();
    assert!(message.contains("'kubectl-edit'") && message.contains("spec.revisionHistoryLimit"));
    let pods = |view: &Value| {
        view["pods"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect::<Vec<_>>()
    };
    alice.post(&format!("{path}/apply"), &json!({})).await.expect(202);
    alice.wait_for_status(&path, &["running"]).await;
    let after = alice.get(&path).await.expect(200);
    assert_eq!((issues(&after), pods(&after)), (vec![], pods(&view)), "{after:#}");
    platform.finish().await;
}

#[tokio::test]
async fn without_the_permission_to_read_gateways_it_is_unknown() {
    let platform = TestPlatform::config()
        .variable("apps_routing", "gateway")
        .variable("apps_gateway", "gateway/main")
        .start()
        .await;
    platform.cluster.deny("get", "gateways.gateway.networking.k8s.io");
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let view = wait_until_reachable_is(&alice, &path, "unknown").await;
    assert_eq!(issues(&view), [], "{view:#}");
    platform.finish().await;
}
