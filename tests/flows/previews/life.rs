//! The life of a pull request's preview, from opened to closed.

use super::{NAMESPACE, PREVIEWS, SHOP, Shop, name, open, open_at, pull_request};
use crate::support::shop::{MAIN, config};
use nokube_sim::{Commit, PullRequest};
use serde_json::{Value, json};

const HOST: &str = "frontend-myapp---pr1-alice.apps.example.org";

#[tokio::test]
async fn a_pull_request_is_built_deployed_pushed_to_closed_and_reopened() {
    let shop = open().await;
    let number = shop.open_pull_request(pull_request("feature").title("Fix the <cart>"));
    let first = shop.head_of(number);
    let (preview, build) = shop.running_preview(number, &first).await;
    assert_eq!((number, &build["pull_request"]), (1, &json!(1)));
    assert_eq!(build["trigger"], "pull_request");
    assert!(build["image_full_name"].as_str().unwrap().ends_with(":pr-1"), "{build}");
    assert_eq!(
        (&preview["title"], &preview["author"]),
        (&json!("Fix the <cart>"), &json!("alice"))
    );
    assert_eq!(
        (&preview["head_branch"], &preview["base_branch"]),
        (&json!("feature"), &json!(MAIN))
    );
    assert_eq!((&preview["is_fork"], &preview["problem"]), (&json!(false), &Value::Null));
    let page = preview["pull_request_url"].as_str().unwrap();
    assert!(page.ends_with("/alice/shop/pull/1"), "{page}");
    assert_eq!(preview["commit"]["sha"], first);
    assert_eq!(preview["url"], format!("http://{HOST}"));
    assert!(preview["ends_at"].is_string());
    shop.wait_for_state(&first, "frontend", "success").await;
    let run = shop.platform.github.run_for_build(build["build_id"].as_str().unwrap()).unwrap();
    assert_eq!((run.input("repository"), run.input("ref")), (SHOP, first.as_str()));

    let second = shop.push_to(number, "Fix it again");
    let (again, _) = shop.running_preview(number, &second).await;
    assert_eq!(
        (&again["deployment_id"], &again["url"]),
        (&preview["deployment_id"], &preview["url"])
    );

    shop.platform.github.close_pull_request(SHOP, number);
    let ended = shop.wait_for_end_of(number, "closed").await;
    assert_eq!(
        (&ended["deployment_id"], &ended["url"], &ended["ends_at"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    shop.platform.wait_until_namespace_is_gone(PREVIEWS).await;

    shop.platform.github.reopen_pull_request(SHOP, number);
    let reopened = shop.wait_for_preview(number, "running").await;
    assert_eq!(reopened["commit"]["sha"], second);
    let merged = shop.platform.github.merge_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    let build = shop.ended_builds_of(&merged, 1).await.remove(0);
    assert_eq!((&build["trigger"], &build["pull_request"]), (&json!("push"), &Value::Null));
    shop.running("frontend", &build).await;
    shop.close().await;
}

#[tokio::test]
async fn a_preview_has_one_pod_no_volume_and_its_own_variables_and_secrets() {
    let shop = Shop::open().await;
    let production = json!({
        "replicas": 1, "storage_size": "1Gi", "storage_path": "/data", "container_port": 8080,
        "env_vars": { "COLOUR": "red", "MODE": "production" },
    });
    shop.configure("frontend", &production).await;
    shop.save_secrets("frontend", &["PROD_KEY", "TEST_KEY"]).await;
    let fields = json!({
        "previews": "deploy", "preview_env_vars": { "MODE": "preview" },
        "preview_secrets": ["TEST_KEY", "NOT_SAVED_YET"],
    });
    let service = shop.link("frontend", &fields).await;
    assert_eq!(
        (&service["previews"], &service["preview_env_vars"]["MODE"]),
        (&json!("deploy"), &json!("preview"))
    );
    let number = shop.open_pull_request(pull_request("feature"));
    let head = shop.head_of(number);
    let (preview, _) = shop.running_preview(number, &head).await;

    let variables = shop.variables_in_cluster(PREVIEWS, &name(number));
    let url = format!("http://{HOST}");
    assert_eq!((&variables["PR_NUMBER"], &variables["PREVIEW_URL"]), (&json!("1"), &json!(url)));
    assert_eq!((&variables["MODE"], &variables["COLOUR"]), (&json!("preview"), &Value::Null));
    assert_eq!(shop.secrets_in_cluster(PREVIEWS, &name(number)), ["TEST_KEY"]);
    let cluster = &shop.platform.cluster;
    let object = cluster.object("deployments", PREVIEWS, &name(number)).unwrap();
    assert_eq!(object["spec"]["replicas"], 1);
    let container = &object["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"], 8080);
    assert!(cluster.objects("persistentvolumeclaims", PREVIEWS).is_empty());
    let ingress = cluster.objects("ingresses", PREVIEWS).remove(0);
    assert_eq!(ingress["spec"]["rules"][0]["host"], HOST);

    // Its deployment is read and changed like others, but nobody deploys another image there.
    let path = format!("/api/v1/deployments/{}", preview["deployment_id"].as_str().unwrap());
    let deployment = shop.alice.get(&path).await.expect(200);
    assert_eq!(
        deployment["preview"],
        json!({ "service_name": "frontend", "pull_request": number })
    );
    shop.alice.get(&format!("{path}/logs")).await.expect(200);
    shop.alice.post(&format!("{path}/restart"), &json!({})).await.expect(202);
    shop.alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    shop.wait_for_preview(number, "stopped").await;
    assert!(shop.alice.post(&format!("{path}/rollback"), &json!({})).await.status >= 400);
    let bob = shop.platform.user("bob");
    bob.get(&path).await.expect_problem(404);
    shop.close().await;
}

#[tokio::test]
async fn robots_are_asked_to_leave_previews_alone() {
    let config =
        config().variable("apps_routing", "gateway").variable("apps_gateway", "gateway/main");
    let shop = open_at(config).await;
    let number = shop.open_and_wait("feature").await;
    let routes = |namespace: &str| shop.platform.cluster.objects("httproutes", namespace);
    let preview = routes(PREVIEWS).remove(0).to_string();
    assert!(preview.contains("X-Robots-Tag") && preview.contains("noindex"), "{preview}");
    assert!(!routes(NAMESPACE).remove(0).to_string().contains("X-Robots-Tag"));
    shop.platform.github.close_pull_request(SHOP, number);
    shop.wait_for_end_of(number, "closed").await;
    shop.close().await;

    let annotations =
        json!({ "nginx.ingress.kubernetes.io/configuration-snippet": "more_set_headers x;" });
    let config = crate::support::shop::config()
        .variable("preview_ingress_annotations", &annotations.to_string());
    let shop = open_at(config).await;
    shop.open_and_wait("feature").await;
    let has_them = |namespace: &str| {
        let ingress = shop.platform.cluster.objects("ingresses", namespace).remove(0);
        ingress["metadata"]["annotations"].to_string().contains("more_set_headers")
    };
    assert!(has_them(PREVIEWS) && !has_them(NAMESPACE));
    shop.close().await;
}

#[tokio::test]
async fn drafts_and_other_base_branches_are_not_built() {
    let shop = open().await;
    let github = &shop.platform.github;
    github.create_branch(SHOP, "next", MAIN);
    let draft = shop.open_pull_request(pull_request("draft").draft());
    let sha = shop.head_of(draft);
    shop.assert_is_not_built(draft, &sha, "waiting", json!("draft")).await;
    github.set_draft(SHOP, draft, false);
    shop.running_preview(draft, &sha).await;
    // What runs goes on if it becomes a draft again, but what is pushed then is not built.
    github.set_draft(SHOP, draft, true);
    let unready = shop.push_to(draft, "Not ready");
    shop.assert_is_not_built(draft, &unready, "waiting", json!("draft")).await;
    assert!(shop.image_in_cluster(PREVIEWS, &name(draft)).is_some());

    let other = shop.open_pull_request(pull_request("other").into("next"));
    let sha = shop.head_of(other);
    shop.platform.wait_until_events_are_processed().await;
    shop.service("frontend").await;
    assert!(shop.builds_of(&sha).await.is_empty());
    github.retarget(SHOP, other, MAIN);
    shop.running_preview(other, &sha).await;
    github.retarget(SHOP, other, "next");
    shop.wait_for_end_of(other, "base_branch_not_chosen").await;
    shop.change_service("frontend", &json!({ "preview_base_branches": ["next", MAIN] })).await;
    shop.wait_for_preview(other, "running").await;
    shop.close().await;
}

#[tokio::test]
async fn only_pull_requests_that_touch_the_service_are_built() {
    let shop = Shop::open().await;
    shop.configure("frontend", &json!({ "replicas": 1 })).await;
    shop.link("frontend", &json!({ "context": "web", "previews": "deploy" })).await;
    let docs = PullRequest::from_branch("docs").with(Commit::new("Explain it", &["README.md"]));
    let number = shop.open_pull_request(docs);
    let sha = shop.head_of(number);
    // A required check must not wait for ever.
    shop.wait_for_state(&sha, "frontend", "success").await;
    shop.assert_is_not_built(number, &sha, "not_affected", Value::Null).await;
    // What the base branch got meanwhile is no change of the pull request.
    shop.push("Change the web", &["web/index.html"]);
    let more = shop.platform.github.push_to_pull_request(
        SHOP,
        number,
        Commit::new("More", &["docs/a.md"]),
    );
    shop.wait_for_state(&more, "frontend", "success").await;
    assert!(shop.builds_of(&more).await.is_empty());
    let touching = shop.push_to(number, "And the cart");
    shop.running_preview(number, &touching).await;
    let skipped = shop.push_to(number, "Fix a typo [skip ci]");
    shop.assert_is_not_built(number, &skipped, "skipped", Value::Null).await;
    shop.close().await;
}

#[tokio::test]
async fn previews_can_only_be_built() {
    let shop = Shop::open().await;
    shop.configure("frontend", &json!({ "replicas": 1 })).await;
    shop.link("frontend", &json!({ "previews": "build" })).await;
    let number = shop.open_pull_request(pull_request("feature"));
    let sha = shop.head_of(number);
    assert_eq!(shop.ended_builds_of(&sha, 1).await[0]["status"], "success");
    shop.wait_for_state(&sha, "frontend", "success").await;
    let preview = shop.wait_for_preview(number, "built").await;
    assert_eq!(preview["deployment_id"], Value::Null);
    shop.wait_for_quiet().await;
    assert!(shop.platform.cluster.object("namespaces", "", PREVIEWS).is_none());
    // The next look deploys them, once they are to be deployed.
    shop.change_service("frontend", &json!({ "previews": "deploy" })).await;
    shop.wait_for_preview(number, "running").await;
    shop.close().await;
}

#[tokio::test]
async fn without_the_switch_pull_requests_build_nothing() {
    let shop = Shop::open().await;
    let service = shop.link("frontend", &json!({})).await;
    assert_eq!(service["previews"], "off");
    let number = shop.open_pull_request(pull_request("feature"));
    let sha = shop.head_of(number);
    shop.platform.wait_until_events_are_processed().await;
    shop.service("frontend").await;
    assert!(shop.builds_of(&sha).await.is_empty() && shop.previews().await.is_empty());
    shop.close().await;
}
