//! From which registries images may come, and which hosts services get: settings of the operator that change while
//! services run.

use nokube_tests::{TestPlatform, User};
use serde_json::{Value, json};
use std::time::Duration;

/// What is wrong with an image, or nothing.
async fn image_error(user: &User, project: u64, image: &str) -> Option<String> {
    let body = user.deployment_request(project, "web", image).await;
    let response = user.post("/api/v1/deploy?dry_run=true", &body).await;
    (response.status != 200).then(|| response.field_errors()["image_name"].clone())
}

/// What `/ready` says about images.
async fn readiness_of_images(user: &User) -> Value {
    let ready = user.get("/ready").await.expect(200);
    let check = ready["checks"].as_array().unwrap().iter().find(|check| check["name"] == "images");
    check.unwrap()["detail"].clone()
}

#[tokio::test]
async fn images_come_from_well_known_registries_until_the_operator_names_others() {
    let mut platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    assert_eq!(image_error(&alice, project, "ghcr.io/acme/shop:1").await, None);
    let inside = ["registry:5000/app", "metadata:80/app", "0x7f000001:80/app", "x.intranet/app"];
    let public = ["registry.example.org/app", "169.254.169.254.nip.io/app"];
    for image in inside.into_iter().chain(public) {
        let error = image_error(&alice, project, image).await.expect(image);
        assert!(error.contains("one of docker.io, ghcr.io, quay.io"), "{error}");
    }
    let detail = readiness_of_images(&platform.operator()).await;
    assert!(detail.as_str().unwrap().contains("docker.io, ghcr.io, quay.io"), "{detail}");
    assert_eq!(readiness_of_images(&alice).await, "ok", "others do not learn it here");

    platform.set_variable("foreign_images", "well-known, registry.example.org");
    platform.restart().await;
    let alice = platform.reconnect(&alice);
    assert_eq!(image_error(&alice, project, "registry.example.org/app").await, None);
    assert!(image_error(&alice, project, "169.254.169.254.nip.io/app").await.is_some());

    platform.set_variable("foreign_images", "*");
    platform.restart().await;
    let alice = platform.reconnect(&alice);
    assert_eq!(image_error(&alice, project, "registry.example.org/app").await, None);
    for image in inside {
        let error = image_error(&alice, project, image).await.expect(image);
        assert!(error.contains("public DNS"), "{error}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn after_a_change_of_the_hosts_the_next_deployment_moves_a_service() {
    let mut platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.deployment_request(project, "web", "nginx:1.29").await;
    let path = alice.deploy(&body).await;
    let running = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(running["access_url"], "http://web-myapp-alice.apps.example.org");

    platform.set_variable("apps_host_layout", "by_owner");
    platform.restart().await;
    let alice = platform.reconnect(&alice);
    let url = "http://web-myapp.alice.apps.example.org";
    let mut view = Value::Null;
    for _ in 0..50 {
        view = alice.get(&path).await.expect(200);
        if view["issues"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((&view["access_url"], &view["reachable"]), (&json!(url), &json!("no")), "{view:#}");
    assert_eq!(view["issues"][0]["code"], "address_changed", "{view:#}");
    assert_eq!(view["status"], "running", "under its old address");
    let preview = alice.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    assert_eq!(preview["access_url"], url);

    alice.post(&format!("{path}/apply"), &json!({})).await.expect(202);
    let moved = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!((&moved["access_url"], &moved["issues"]), (&json!(url), &json!([])), "{moved:#}");
    let ingress = platform.cluster.object("ingresses", "nk-alice-myapp", "web").unwrap();
    assert_eq!(ingress["spec"]["rules"][0]["host"], "web-myapp.alice.apps.example.org");
    platform.finish().await;
}
