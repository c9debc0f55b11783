//! Commands and variables of deployments, and the warnings about them.

use nokube_tests::{TestPlatform, USER_SECRET_VALUE};
use serde_json::{Value, json};

#[tokio::test]
async fn an_image_without_a_program_runs_with_a_command() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "acme/shop-nocommand").await;
    let path = alice.deploy(&body).await;
    let failed = alice.wait_for_status(&path, &["failed"]).await;
    assert_eq!(failed["error_code"], "start_command", "{failed:#}");
    let message = failed["error_message"].as_str().unwrap();
    assert!(message.contains("Give it in the field command"), "{message}");

    body["command"] = json!("npm start");
    let errors = alice.post("/api/v1/deploy", &body).await.field_errors();
    assert!(errors["command"].ends_with(r#"did you mean ["npm","start"]?"#), "{errors:#?}");
    body["command"] = json!(["npm", "start"]);
    body["args"] = json!(["--", "--port=$(PORT)"]);
    let preview = alice.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    assert!(preview.to_string().contains("containers[app].command[0]"), "{preview:#}");
    alice.deploy(&body).await;
    alice.wait_for_status(&path, &["running"]).await;
    let container = |platform: &TestPlatform| {
        let found = platform.cluster.object("deployments", "nk-alice-myapp", "web").unwrap();
        found["spec"]["template"]["spec"]["containers"][0].clone()
    };
    assert_eq!(container(&platform)["command"], body["command"]);
    assert_eq!(container(&platform)["args"], body["args"]);

    // Another program, which a rollback reverts.
    body["command"] = json!(["node", "server.js"]);
    body["args"] = json!([]);
    alice.deploy(&body).await;
    assert_eq!(container(&platform).get("args"), None);
    alice.post(&format!("{path}/rollback"), &json!({ "revision": 2 })).await.expect(202);
    assert_eq!(container(&platform)["command"], json!(["npm", "start"]));
    let retained = alice.get(&format!("{path}/revisions")).await.expect(200);
    let current = retained["revisions"].as_array().unwrap().iter().find(|r| r["current"] == true);
    let configuration = &current.unwrap()["configuration"];
    assert_eq!(configuration["command"], json!(["npm", "start"]));
    assert_eq!(configuration["args"], json!(["--", "--port=$(PORT)"]));
    platform.finish().await;
}

#[tokio::test]
async fn a_port_variable_that_differs_from_the_containers_port_is_warned_of() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["env_vars"] = json!({ "PORT": "8080", "discovery.type": "single-node" });
    let warning = |response: &Value| response["warnings"][0].as_str().unwrap_or("").to_owned();
    let preview = alice.post("/api/v1/deploy?dry_run=true", &body).await.expect(200);
    assert!(warning(&preview).starts_with("The variable PORT is not 3000"), "{preview:#}");
    let accepted = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert!(warning(&accepted).starts_with("The variable PORT is not 3000"), "{accepted:#}");
    let path = format!("/api/v1/deployments/{}", accepted["deployment_id"].as_str().unwrap());
    let running = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(warning(&running), warning(&accepted));
    let configs = platform.cluster.objects("configmaps", "nk-alice-myapp");
    assert!(configs.iter().any(|config| config["data"]["discovery.type"] == "single-node"));

    // Only the request has the value of a secret, and no response shows it.
    body["env_vars"] = json!({});
    body["secrets"] = json!({ "PORT": USER_SECRET_VALUE, "elastic.password": "x" });
    let accepted = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert!(warning(&accepted).starts_with("The secret PORT is not 3000"), "{accepted:#}");
    body["container_port"] = json!(8080);
    body["env_vars"] = json!({ "PORT": "8080" });
    body["secrets"] = json!({ "elastic.password": null });
    let accepted = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(accepted.get("warnings"), None, "{accepted:#}");
    platform.finish().await;
}
