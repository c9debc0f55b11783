//! Production does not notice previews: its objects, secrets, quota, hosts, network, images and newest build stay as they
//! are, whatever a pull request contains.

use super::{NAMESPACE, PREVIEWS, SHOP, Shop, name, open, pull_request};
use crate::support::shop::{MAIN, config};
use nokube_sim::Commit;
use serde_json::{Value, json};

impl Shop {
    /// All objects in the namespace of the services, without what changes at each write of the same.
    fn production(&self) -> Vec<Value> {
        let mut objects = self.platform.cluster.all_objects_in(NAMESPACE);
        for object in &mut objects {
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.remove("managedFields");
            metadata.remove("resourceVersion");
        }
        objects
    }

    fn object_of(&self, plural: &str, namespace: &str) -> Value {
        json!(self.platform.cluster.objects(plural, namespace))
    }

    /// Whether a NetworkPolicy of one namespace lets pods of another one in.
    fn lets_in(&self, namespace: &str, other: &str) -> bool {
        let labels = self.platform.cluster.object("namespaces", "", other).unwrap();
        let labels = &labels["metadata"]["labels"];
        let selects = |peer: &Value| match peer["namespaceSelector"].as_object() {
            // Without one: pods of the same namespace only.
            None => peer["podSelector"].is_null(),
            Some(selector) => {
                let wanted = selector.get("matchLabels").and_then(Value::as_object);
                wanted.into_iter().flatten().all(|(name, value)| labels[name] == *value)
            }
        };
        let policies = self.platform.cluster.objects("networkpolicies", namespace);
        assert!(!policies.is_empty(), "{namespace} has no policy");
        let mut rules = policies
            .iter()
            .flat_map(|policy| policy["spec"]["ingress"].as_array().cloned().unwrap_or_default());
        rules.any(|rule| match rule["from"].as_array() {
            None => true,
            Some(peers) => peers.iter().any(selects),
        })
    }
}

#[tokio::test]
async fn nothing_in_the_namespace_of_production_changes() {
    let shop = open().await;
    shop.save_secrets("frontend", &["API_KEY"]).await;
    shop.wait_for_quiet().await;
    shop.platform.cluster.wait_until_idle().await.unwrap();
    let before = shop.production();
    let (last_build, revisions) =
        (shop.service("frontend").await["last_build"].clone(), shop.revisions("frontend").await);
    let deployments = format!("/api/v1/projects/{}/deployments", shop.project);
    let list = shop.alice.get(&deployments).await.expect(200);

    let number = shop.open_and_wait("feature").await;
    let sha = shop.push_to(number, "Again");
    shop.running_preview(number, &sha).await;
    let fork = shop.open_pull_request(pull_request("main").of_fork("mallory"));
    shop.wait_for_preview(fork, "waiting").await;
    shop.approve(&shop.alice, fork, &shop.head_of(fork)).await.expect(200);
    let head = shop.head_of(fork);
    shop.running_preview(fork, &head).await;
    assert_eq!(shop.production(), before, "while previews run");
    shop.platform.github.close_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    shop.wait_for_quiet().await;
    assert_eq!(shop.production(), before, "after one has ended");

    let service = shop.service("frontend").await;
    assert_eq!(service["last_build"], last_build, "a preview's build is not the newest one");
    assert_eq!(shop.revisions("frontend").await, revisions, "and is not deployed");
    let now = shop.alice.get(&deployments).await.expect(200);
    assert_eq!(
        (&now["total"], &now["deployments"][0]["deployment_id"]),
        (&json!(1), &list["deployments"][0]["deployment_id"])
    );
    shop.close().await;
}

#[tokio::test]
async fn the_image_of_a_preview_is_never_deployed_to_production() {
    let shop = open().await;
    let production = shop.service("frontend").await["last_build"].clone();
    let number = shop.open_pull_request(pull_request("feature"));
    let sha = shop.head_of(number);
    let (_, build) = shop.running_preview(number, &sha).await;
    let request = |image: &str| {
        json!({ "project_id": shop.project, "project_name": "myapp", "username": "alice",
        "service_name": "frontend", "image_name": image })
    };
    let image = build["image_full_name"].as_str().unwrap();
    assert!(image.ends_with(":pr-1"), "{image}");
    let errors = shop.alice.post("/api/v1/deploy", &request(image)).await.field_errors();
    assert!(errors.contains_key("image_name"), "{errors:?}");
    let mut by_id = request("");
    by_id.as_object_mut().unwrap().remove("image_name");
    by_id["build_id"] = build["build_id"].clone();
    let errors = shop.alice.post("/api/v1/deploy", &by_id).await.field_errors();
    assert!(errors["build_id"].contains("pull request"), "{errors:?}");
    // Two fields deploy the newest build of the branch.
    let two_fields = json!({ "project_id": shop.project, "service_name": "frontend" });
    let path = shop.alice.deploy(&two_fields).await;
    let deployed = shop.alice.get(&path).await.expect(200);
    assert_eq!(deployed["build_id"], production["build_id"]);
    // Nobody makes an image with such a tag themselves.
    let mut manual = shop.alice.build_request(shop.project, "frontend").await;
    manual["image_tag"] = json!("pr-1");
    let errors = shop.alice.post("/api/v1/builds", &manual).await.field_errors();
    assert!(errors.contains_key("image_tag"), "{errors:?}");
    shop.close().await;
}

#[tokio::test]
async fn previews_have_a_quota_limits_and_a_network_of_their_own() {
    let shop = open().await;
    let before = ["resourcequotas", "limitranges", "networkpolicies", "serviceaccounts"]
        .map(|plural| (plural, shop.object_of(plural, NAMESPACE)));
    let number = shop.open_and_wait("feature").await;
    for (plural, object) in &before {
        assert_eq!(shop.object_of(plural, NAMESPACE)[0]["spec"], object[0]["spec"], "{plural}");
        assert!(!shop.object_of(plural, PREVIEWS).as_array().unwrap().is_empty(), "{plural}");
    }
    assert!(!shop.lets_in(NAMESPACE, PREVIEWS), "production is not reached from previews");
    assert!(!shop.lets_in(PREVIEWS, NAMESPACE), "nor previews from production");
    let quota = shop.object_of("resourcequotas", PREVIEWS);
    assert_eq!(quota[0]["spec"]["hard"]["persistentvolumeclaims"], "0", "{quota:#}");
    shop.platform.github.close_pull_request(SHOP, number);
    shop.platform.wait_until_namespace_is_gone(PREVIEWS).await;
    shop.close().await;
}

#[tokio::test]
async fn only_secrets_that_are_marked_are_in_the_namespace_of_previews() {
    let shop = open().await;
    shop.save_secrets("frontend", &["PROD_KEY", "TEST_KEY"]).await;
    let production = shop.secrets_in_cluster(NAMESPACE, "frontend");
    let number = shop.open_and_wait("feature").await;
    let secrets = || shop.object_of("secrets", PREVIEWS).to_string();
    assert!(!secrets().contains("PROD_KEY") && !secrets().contains("TEST_KEY"), "none is marked");
    shop.change_service("frontend", &json!({ "preview_secrets": ["TEST_KEY"] })).await;
    let sha = shop.push_to(number, "Use it");
    shop.running_preview(number, &sha).await;
    assert!(secrets().contains("TEST_KEY") && !secrets().contains("PROD_KEY"));
    assert_eq!(shop.secrets_in_cluster(NAMESPACE, "frontend"), production);
    // Their own variables are no secrets, but only developers see them.
    let bob = shop.add_member("bob", "viewer").await;
    shop.change_service("frontend", &json!({ "preview_env_vars": { "MODE": "preview" } })).await;
    let seen = bob.get(&shop.path("frontend")).await.expect(200);
    assert!(!seen.to_string().contains("\"MODE\":\"preview\""), "{seen}");
    shop.close().await;
}

/// A service of the project can be called like a preview in the cluster, but its host and namespace are others.
#[tokio::test]
async fn a_service_that_is_called_like_a_preview_is_another_one() {
    for layout in ["flat", "by_owner"] {
        let shop = super::open_at(config().variable("apps_host_layout", layout)).await;
        let image = shop.alice.deployment_request(shop.project, &name(1), "nginx:1.29").await;
        let path = shop.alice.deploy(&image).await;
        let running = shop.alice.wait_for_status(&path, &["running"]).await;
        let number = shop.open_and_wait("feature").await;
        let preview = shop.preview(number).await.unwrap();
        assert_ne!(preview["url"], running["access_url"]);
        let production = shop.image_in_cluster(NAMESPACE, &name(1)).unwrap();
        assert!(production.contains("nginx"), "{production}");
        shop.platform.github.close_pull_request(SHOP, number);
        shop.wait_for_end_of(number, "closed").await;
        assert_eq!(shop.alice.get(&path).await.expect(200)["status"], "running");
        shop.close().await;
    }
}

/// The pull request of a branch whose name is the service's own.
#[tokio::test]
async fn a_pull_request_of_the_services_own_branch_changes_nothing_of_it() {
    let shop = open().await;
    let github = &shop.platform.github;
    github.create_branch(SHOP, "release", MAIN);
    shop.change_service("frontend", &json!({ "preview_base_branches": ["release"] })).await;
    let sha = github.push(SHOP, MAIN, Commit::new("Fix it", &["web/cart.js"]));
    let pushed = shop.ended_builds_of(&sha, 1).await.remove(0);
    shop.running("frontend", &pushed).await;
    let new = nokube_sim::PullRequest::from_branch(MAIN).into("release");
    let number = shop.open_pull_request(new);
    // The same commit is built twice: each image for its own purpose.
    let builds = shop.ended_builds_of(&sha, 2).await;
    let own = builds.iter().find(|build| build["pull_request"] == number).unwrap();
    shop.wait_for_image(PREVIEWS, &name(number), own).await;
    shop.wait_for_quiet().await;
    let production = shop.image_in_cluster(NAMESPACE, "frontend").unwrap();
    assert!(production.ends_with(pushed["image_digest"].as_str().unwrap()), "{production}");
    assert_eq!(shop.service("frontend").await["last_build"]["build_id"], pushed["build_id"]);
    shop.close().await;
}
