//! A pull request is configured by the file of the service's branch.

use super::file;
use crate::support::shop::{LOOK_INTERVAL, MAX_LOOKS, SHOP, Shop, config};
use nokube_sim::{Commit, PullRequest};
use serde_json::json;

const PREVIEWS: &str = "nk-alice-myapp-previews";

#[tokio::test]
async fn the_file_of_a_pull_request_configures_nothing() {
    let shop = Shop::at(config()).await;
    shop.push_file("Describe the service", &file(1, "red"));
    let more = json!({ "use_config_file": true, "deploy_on_build": true, "previews": "deploy" });
    shop.link("frontend", &more).await;
    let evil =
        file(9, "evil").replace("context = \"web\"", "context = \"evil\"").replace("8080", "9090");
    let commit = Commit::new("Change it", &["web/cart.js"]).with_text("nokube.toml", &evil);
    let pull_request = PullRequest::from_branch("feature").title("Change it").with(commit);
    let number = shop.platform.github.open_pull_request(SHOP, pull_request);
    let sha = shop.platform.github.pull_request_head(SHOP, number).unwrap();
    let build = shop.ended_builds_of(&sha, 1).await.remove(0);
    let request = format!("/api/v1/builds/{}/request", build["build_id"].as_str().unwrap());
    let request = shop.alice.get(&request).await.expect(200);
    assert_eq!(
        (&request["context"], &request["build_args"]["COLOUR"]),
        (&json!("web"), &json!("red"))
    );

    let name = format!("pr-{number}-frontend");
    shop.wait_for_image(PREVIEWS, &name, &build).await;
    let object = shop.platform.cluster.object("deployments", PREVIEWS, &name).unwrap();
    let container = &object["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["ports"][0]["containerPort"], 8080, "{container:#}");
    assert_eq!(shop.service("frontend").await["source"]["context"], "web");

    // Merged, it is the file of the branch: that is what a push is.
    shop.platform.github.merge_pull_request(SHOP, number);
    for _ in 0..MAX_LOOKS {
        if shop.service("frontend").await["source"]["context"] == "evil" {
            shop.close().await;
            return;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    panic!("the merged file is never in effect\n{}", shop.console());
}
