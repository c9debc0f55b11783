//! A service that is built and deployed as the file nokube.toml of its branch says.

mod previews;

use crate::support::{
    deployed_shop::NAMESPACE,
    shop::{MAIN, SHOP, Shop, config},
};
use nokube_sim::Commit;
use nokube_tests::Response;
use reqwest::Method;
use serde_json::{Value, json};

/// A file with so many pods of this colour, built from `web`.
fn file(replicas: u32, colour: &str) -> String {
    format!(
        "[services.frontend.build]\ncontext = \"web\"\nbuild_args = {{ COLOUR = \"{colour}\" }}\n\n\
         [services.frontend.deployment]\ncontainer_port = 8080\nreplicas = {replicas}\n\
         env_vars = {{ COLOUR = \"{colour}\" }}\n"
    )
}

impl Shop {
    /// Pushes a commit with this file and nothing else. Returns its SHA.
    fn push_file(&self, message: &str, text: &str) -> String {
        let commit = Commit::new(message, &[]).with_text("nokube.toml", text);
        self.platform.github.push(SHOP, MAIN, commit)
    }

    /// The build of a push of this file, when it has ended.
    async fn build_of_file(&self, message: &str, text: &str) -> Value {
        let sha = self.push_file(message, text);
        let build = self.ended_builds_of(&sha, 1).await.remove(0);
        assert_eq!(build["status"], "success", "{build}");
        build
    }

    fn replicas_in_cluster(&self) -> Value {
        let object = self.platform.cluster.object("deployments", NAMESPACE, "frontend").unwrap();
        object["spec"]["replicas"].clone()
    }

    async fn patch(&self, fields: &Value) -> Response {
        let request = self.alice.request(Method::PATCH, &self.path("frontend")).json(fields);
        Response::send(request).await
    }
}

/// A shop whose service takes everything from its file.
async fn open() -> Shop {
    let shop = Shop::at(config()).await;
    shop.push_file("Describe the service", &file(1, "red"));
    shop.link("frontend", &json!({ "use_config_file": true, "deploy_on_build": true })).await;
    shop
}

#[tokio::test]
async fn a_push_of_the_file_alone_builds_and_deploys_what_it_says() {
    let shop = open().await;
    let service = shop.service("frontend").await;
    assert_eq!(service["source"]["context"], "web");
    assert_eq!(service["config_file"]["build_fields"], json!(["build_args", "context"]));
    let expected = json!(["container_port", "env_vars", "replicas"]);
    assert_eq!(service["config_file"]["deployment_fields"], expected);
    assert_eq!(service["automatic_deployments"]["state"], "active", "the file is a configuration");
    assert!(shop.builds().await.is_empty(), "to switch it on builds nothing");

    let first = shop.build_of_file("Two pods", &file(2, "red")).await;
    shop.wait_for_image(NAMESPACE, "frontend", &first).await;
    shop.running("frontend", &first).await;
    assert_eq!(shop.replicas_in_cluster(), 2);
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "red");
    let request = format!("/api/v1/builds/{}/request", first["build_id"].as_str().unwrap());
    let request = shop.alice.get(&request).await.expect(200);
    assert_eq!(
        (&request["context"], &request["build_args"]["COLOUR"]),
        (&json!("web"), &json!("red"))
    );

    let second = shop.build_of_file("Three blue pods", &file(3, "blue")).await;
    shop.wait_for_image(NAMESPACE, "frontend", &second).await;
    shop.running("frontend", &second).await;
    assert_eq!(shop.replicas_in_cluster(), 3);
    assert_eq!(shop.variables_in_cluster(NAMESPACE, "frontend")["COLOUR"], "blue");
    let saved = format!("{}/deployment", shop.path("frontend"));
    assert_eq!(shop.alice.get(&saved).await.expect(200)["configuration"]["replicas"], 3);
    shop.close().await;
}

#[tokio::test]
async fn an_invalid_file_is_reported_at_the_commit_and_corrected_by_the_next_push() {
    let shop = open().await;
    let built = shop.build_of_file("Two pods", &file(2, "red")).await;
    shop.running("frontend", &built).await;
    let broken = shop.push_file("Break it", &file(2, "red").replace("= 2", "= \"two\""));
    shop.wait_for_state(&broken, "frontend", "error").await;
    let context = "nokube/myapp/frontend";
    let mut statuses = shop.platform.github.statuses(SHOP).into_iter();
    let status = statuses.rfind(|it| it.sha == broken && it.context == context).unwrap();
    let description = status.description.unwrap();
    assert!(description.starts_with("nokube.toml 7:12: "), "{description}");
    assert_eq!(shop.decisions("frontend").await[0], "invalid_config_file");
    let push = shop.pushes("frontend").await.remove(0);
    let error = &push["config_file_errors"][0];
    assert_eq!((&error["line"], &error["column"]), (&json!(7), &json!(12)), "{push:#}");
    assert_eq!(error["field"], "services.frontend.deployment.replicas");
    let service = shop.service("frontend").await;
    assert_eq!(service["automatic_builds"]["problem"], "invalid_config_file");
    assert_eq!(service["config_file"]["errors"], push["config_file_errors"]);
    assert!(shop.builds_of(&broken).await.is_empty());
    assert_eq!(shop.replicas_in_cluster(), 2);

    let fixed = shop.build_of_file("Correct it", &file(4, "red")).await;
    shop.wait_for_image(NAMESPACE, "frontend", &fixed).await;
    shop.running("frontend", &fixed).await;
    assert_eq!(shop.replicas_in_cluster(), 4);
    assert_eq!(shop.service("frontend").await["automatic_builds"]["problem"], json!(null));
    shop.close().await;
}

#[tokio::test]
async fn what_comes_from_the_file_is_read_only_and_the_switch_needs_a_valid_file() {
    let shop = Shop::open().await;
    shop.link("frontend", &json!({ "context": "own" })).await;
    let errors = shop.patch(&json!({ "use_config_file": true })).await.field_errors();
    assert!(errors["use_config_file"].contains("has no file nokube.toml"), "{errors:?}");
    shop.push_file("Describe the service", &file(1, "red"));
    shop.patch(&json!({ "use_config_file": true })).await.expect(200);

    let refused = "comes from nokube.toml in the branch; change it there";
    let errors = shop.patch(&json!({ "context": "other" })).await.field_errors();
    assert_eq!(errors["context"], refused);
    let changed = shop.patch(&json!({ "context": "web", "lfs": true })).await.expect(200);
    assert_eq!(
        (&changed["source"]["context"], &changed["source"]["lfs"]),
        (&json!("web"), &json!(true))
    );
    let path = format!("{}/deployment", shop.path("frontend"));
    let saved = shop.alice.request(Method::PUT, &path).json(&json!({ "replicas": 5 }));
    assert_eq!(Response::send(saved).await.expect(409)["reason"], "config_file");
    Response::send(shop.alice.request(Method::DELETE, &path)).await.expect(409);

    // A token that may not deploy cannot switch it on, because it decides how something is deployed.
    let off = shop.patch(&json!({ "use_config_file": false })).await.expect(200);
    assert_eq!((&off["source"]["context"], &off["config_file"]), (&json!("own"), &json!(null)));
    shop.alice.get(&path).await.expect(404);
    shop.close().await;
}

#[tokio::test]
async fn secrets_that_the_file_names_and_limits_of_the_platform_are_said() {
    let shop = open().await;
    let text = format!("{}secrets = [\"API_KEY\"]\n", file(1, "red"));
    let build = shop.build_of_file("Use a secret", &text).await;
    let problem = async || {
        shop.wait_for_quiet().await;
        shop.service("frontend").await["automatic_deployments"]["problem"].clone()
    };
    let found = problem().await;
    assert_eq!(found["build_id"], build["build_id"], "{found}");
    assert!(
        found["message"].as_str().unwrap().contains("API_KEY is named in nokube.toml"),
        "{found}"
    );
    shop.save_secrets("frontend", &["API_KEY"]).await;
    let text = text.replace("8080", "8081");
    let build = shop.build_of_file("Another port", &text).await;
    shop.running("frontend", &build).await;
    assert_eq!(shop.secrets_in_cluster(NAMESPACE, "frontend"), ["API_KEY"]);
    let build =
        shop.build_of_file("Too many", &text.replace("replicas = 1", "replicas = 100")).await;
    let found = problem().await;
    assert_eq!(found["build_id"], build["build_id"], "{found}");
    assert!(found["message"].as_str().unwrap().starts_with("replicas "), "{found}");
    assert_eq!(shop.replicas_in_cluster(), 1);
    shop.close().await;
}
