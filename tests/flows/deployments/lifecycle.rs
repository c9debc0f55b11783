//! Deployments from the image to running pods, and their deletion.

use nokube_sim::PrivateImages;
use nokube_tests::{Response, TestPlatform, USER_SECRET_VALUE, User};
use serde_json::{Value, json};

#[tokio::test]
async fn a_build_is_deployed_changed_rolled_back_and_deleted() {
    let mut platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let build = alice.wait_for_end(&alice.start_build(project).await).await;
    let mut body = alice.deployment_request(project, "frontend", "").await;
    body["image_name"] = build["image_full_name"].clone();
    body["build_id"] = build["build_id"].clone();
    body["env_vars"] = json!({ "COLOUR": "red" });
    let response = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(response["status"], "deploying");
    assert_eq!(response["image_name"], build["image_full_name"]);
    assert_eq!(response["access_url"], "http://frontend-myapp-alice.apps.example.org");
    let objects = response["manifests_generated"].to_string();
    for kind in ["Deployment frontend", "Service frontend-service", "ConfigMap frontend-env-"] {
        assert!(objects.contains(kind), "{objects}");
    }

    let path = format!("/api/v1/deployments/{}", response["deployment_id"].as_str().unwrap());
    let running = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!((&running["replicas_ready"], &running["replicas_total"]), (&json!(2), &json!(2)));
    assert_eq!(running["image_digest"], build["image_digest"]);
    assert_eq!(running["pods"].as_array().unwrap().len(), 2);

    body["env_vars"] = json!({ "COLOUR": "blue" });
    assert_eq!(alice.deploy(&body).await, path, "the same deployment");
    let changed = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!(changed["revision"], 2);
    assert_ne!(changed["pods"][0]["name"], running["pods"][0]["name"]);

    // Everything is still there after a restart of the platform, and a rollback is possible.
    platform.restart().await;
    let alice = platform.user("alice");
    alice.post(&format!("{path}/rollback"), &json!({})).await.expect(202);
    let rolled_back = alice.wait_for_status(&path, &["running"]).await;
    assert_eq!((&rolled_back["revision"], &rolled_back["release"]), (&json!(3), &json!(1)));
    let revisions = alice.get(&format!("{path}/revisions")).await.expect(200);
    assert_eq!(revisions["revisions"][0]["configuration"]["env_vars"]["COLOUR"], "red");
    let list = format!("/api/v1/projects/{project}/deployments");
    assert_eq!(alice.get(&list).await.expect(200)["deployments"][0]["status"], "running");

    alice.delete(&format!("{path}?volumes=true")).await.expect(204);
    alice.get(&path).await.expect_problem(404);
    assert_eq!(alice.get(&list).await.expect(200)["deployments"], json!([]));
    platform.wait_until_namespace_is_gone("nk-alice-myapp").await;
    platform.finish().await;
}

#[tokio::test]
async fn an_image_must_be_from_a_build_of_the_project_or_from_an_allowed_registry() {
    let platform =
        TestPlatform::config().variable("foreign_images", "docker.io/library/").start().await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let project = alice.create_project("myapp").await;
    let build = alice.wait_for_end(&alice.start_build(project).await).await;
    let own = build["image_full_name"].as_str().unwrap();

    // An image name without a build id is resolved to a build of the project, and pinned to its digest.
    let by_name = alice.deployment_request(project, "frontend", own).await;
    let path = alice.deploy(&by_name).await;
    assert_eq!(alice.get(&path).await.expect(200)["build_id"], build["build_id"]);
    let deployment = platform.cluster.object("deployments", "nk-alice-myapp", "frontend").unwrap();
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert!(image.as_str().unwrap().ends_with(build["image_digest"].as_str().unwrap()));

    let errors =
        async |user: &User, body: &Value| user.post("/api/v1/deploy", body).await.field_errors();
    let not_built = own.replace("latest", "v9");
    let body = alice.deployment_request(project, "frontend", &not_built).await;
    assert!(errors(&alice, &body).await["image_name"].contains("no succ"));
    // Another user can deploy it neither by its name nor by its build.
    let other_project = bob.create_project("theirs").await;
    let mut body = bob.deployment_request(other_project, "web", own).await;
    let image_error = errors(&bob, &body).await["image_name"].clone();
    assert!(image_error.contains("not an image of this project"), "{image_error}");
    body["build_id"] = build["build_id"].clone();
    let build_error = errors(&bob, &body).await["build_id"].clone();
    assert!(build_error.contains("no build of yours"), "{build_error}");
    // Images from elsewhere must have a prefix that the operator allows.
    let allowed = bob.deployment_request(other_project, "web", "nginx:1.29").await;
    bob.deploy(&allowed).await;
    let other = bob.deployment_request(other_project, "web", "quay.io/some/thing:1").await;
    assert!(errors(&bob, &other).await["image_name"].contains("one of docker.io/library/"));
    // A failed build has no image.
    let failed = alice.start_build_of(project, "will-fail").await;
    alice.wait_for_end(&failed).await;
    let mut body = alice.deployment_request(project, "frontend", "x").await;
    body.as_object_mut().unwrap().remove("image_name");
    body["build_id"] = json!(failed.rsplit('/').next().unwrap());
    let build_error = errors(&alice, &body).await["build_id"].clone();
    assert!(build_error.contains("made no image"), "{build_error}");
    platform.finish().await;
}

#[tokio::test]
async fn a_private_image_can_only_be_pulled_by_its_own_project() {
    let platform = TestPlatform::config()
        .variable("registry_username", "puller")
        .variable("registry_token", "sentinel-pull-token")
        .cluster(|options| {
            options.private_images = vec![PrivateImages {
                prefix: "ghcr.io/platform/".into(),
                username: "puller".into(),
                password: "sentinel-pull-token".into(),
            }];
        })
        .github(|options| {
            options.registry_credentials = Some(("puller".into(), "sentinel-pull-token".into()));
            options.private_packages = true;
        })
        .start()
        .await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let build = alice.wait_for_end(&alice.start_build(project).await).await;
    let image = build["image_full_name"].as_str().unwrap();
    let path = alice.deploy(&alice.deployment_request(project, "frontend", image).await).await;
    alice.wait_for_status(&path, &["running"]).await;
    let pod = &platform.cluster.objects("pods", "nk-alice-myapp")[0]["spec"];
    assert_eq!(
        pod["containers"][0]["imagePullPolicy"], "Always",
        "otherwise other projects could use the node's cached image"
    );

    // Images from elsewhere get no pull secret.
    let external = alice.deployment_request(project, "other", "nginx:1.29").await;
    let path = alice.deploy(&external).await;
    alice.wait_for_status(&path, &["running"]).await;
    let deployment = platform.cluster.object("deployments", "nk-alice-myapp", "other").unwrap();
    assert_eq!(deployment["spec"]["template"]["spec"]["imagePullSecrets"], Value::Null);
    platform.finish().await;
}

#[tokio::test]
async fn failures_of_pods_are_explained() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for (image, status, code, expected) in [
        ("acme/shop-crash", "failed", "crash", "exit code 1"),
        ("acme/shop-nopull", "failed", "image_pull", "denies access"),
        ("acme/shop-notag", "failed", "image_pull", "no such image or tag"),
        ("acme/shop-oom", "failed", "out_of_memory", "more memory than its limit of 512Mi"),
        // A machine may still be added.
        ("acme/shop-pending", "deploying", "unschedulable", "memory_request"),
    ] {
        let service = image.rsplit('-').next().unwrap();
        let path = alice.deploy(&alice.deployment_request(project, service, image).await).await;
        let failed = alice.wait_for_error(&path, &[status], code).await;
        assert_eq!(failed["pods"][0]["code"], code, "{failed:#}");
        assert_eq!(failed["issues"][0]["code"], code, "{failed:#}");
        let message = failed["error_message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
        if code == "crash" {
            let lines = failed["issues"][0]["detail"].as_str().unwrap();
            assert!(!lines.is_empty() && message.ends_with(lines), "{message}");
        }
    }
    platform.finish().await;
}

#[tokio::test]
async fn all_invalid_fields_are_reported_at_once_and_nothing_is_created() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "1web", "No Image").await;
    for (field, value) in [
        ("replicas", json!(0)),
        ("memory_limit", json!("128m")),
        ("cpu_request", json!("2")),
        ("container_port", json!(70000)),
        ("custom_domain", json!("evil.apps.example.org")),
        ("secrets", json!({ "KEPT": null, "A=B": USER_SECRET_VALUE })),
        ("project_name", json!("another")),
        ("colour", json!("red")),
    ] {
        body[field] = value;
    }
    let errors = alice.post("/api/v1/deploy", &body).await.field_errors();
    for field in [
        "service_name",
        "image_name",
        "replicas",
        "memory_limit",
        "container_port",
        "cpu_request",
        "custom_domain",
        "secrets.A=B",
        "project_name",
        "colour",
    ] {
        assert!(errors.contains_key(field), "{field} is not named in {errors:#?}");
    }
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["username"] = json!("bob");
    assert!(alice.post("/api/v1/deploy", &body).await.expect_problem(403).contains("username"));
    body["username"] = json!("alice");
    body["secrets"] = json!({ "KEPT": null });
    let errors = alice.post("/api/v1/deploy", &body).await.field_errors();
    assert!(errors["secrets.KEPT"].contains("send a value"));
    assert!(
        platform.cluster.object("namespaces", "", "nk-alice-myapp").is_none(),
        "nothing is created"
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_deployment_looks_to_other_users_like_one_that_does_not_exist() {
    let platform = TestPlatform::start().await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let project = alice.create_project("myapp").await;
    let path = alice.deploy(&alice.deployment_request(project, "web", "nginx").await).await;
    let missing = "/api/v1/deployments/00000000000000000000000000";
    let (start, end) = path.split_at(path.len() - 2);
    let changed = if end.starts_with('0') { "1" } else { "0" };
    let guessed = format!("{start}{changed}{}", &end[1..]);
    for (method, suffix) in [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/manifests"),
        ("GET", "/logs"),
        ("GET", "/events"),
        ("GET", "/revisions"),
        ("POST", "/apply"),
        ("POST", "/restart"),
        ("POST", "/stop"),
        ("POST", "/start"),
        ("POST", "/rollback"),
    ] {
        let method = method.parse::<reqwest::Method>().unwrap();
        let problem = async |user: &User, path: &str| {
            let path = format!("{path}{suffix}");
            Response::send(user.request(method.clone(), &path)).await.expect_problem(404)
        };
        let foreign = problem(&bob, &path).await;
        assert_eq!(foreign, problem(&bob, missing).await);
        assert_eq!(foreign, problem(&alice, &guessed).await, "an id cannot be guessed");
        let anonymous = platform.anonymous().request(method.clone(), &format!("{path}{suffix}"));
        Response::send(anonymous).await.expect_problem(401);
    }
    bob.get(&format!("/api/v1/projects/{project}/deployments")).await.expect_problem(404);
    let body = alice.deployment_request(project, "web", "nginx").await;
    bob.post("/api/v1/deploy", &body).await.expect_problem(404);
    // Request headers do not authenticate.
    let forged = bob.request(reqwest::Method::GET, &path).header("x-user", "alice");
    let forged = forged.header("spin-client-addr", "0.0.0.0:0").header("x-forwarded-user", "alice");
    Response::send(forged).await.expect_problem(404);
    // Internal routes are not public.
    for path in ["/ready/cluster", "/api/v1/deployments/ready"] {
        assert!(platform.anonymous().get(path).await.status >= 401, "{path}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_domain_belongs_to_the_first_project_that_claims_it() {
    let platform = TestPlatform::config()
        .variable("apps_custom_domains", "*.example.com")
        .variable("platform_hosts", "nokube.example.com")
        .variable("max_domains_per_person", "3")
        .start()
        .await;
    let (alice, bob) = (platform.user("alice"), platform.user("bob"));
    let (alices, bobs) = (alice.create_project("a").await, bob.create_project("b").await);
    let mut body = alice.deployment_request(alices, "web", "nginx").await;
    body["custom_domain"] = json!("Shop.example.com");
    let response = alice.post("/api/v1/deploy", &body).await.expect(202);
    assert_eq!(response["access_url"], "http://shop.example.com");
    let mut body = bob.deployment_request(bobs, "web", "nginx").await;
    for taken in ["shop.example.com", "nokube.example.com", "shop.example.net"] {
        body["custom_domain"] = json!(taken);
        assert!(
            bob.post("/api/v1/deploy", &body).await.field_errors().contains_key("custom_domain")
        );
    }
    // The number of domains per user is limited.
    for number in 1..=4 {
        body["custom_domain"] = json!(format!("{number}.example.com"));
        let response = bob.post("/api/v1/deploy", &body).await;
        let is_rejected = response.status != 202
            && response.field_errors()["custom_domain"].contains("one too many");
        assert_eq!(is_rejected, number == 4, "{number}: {}", response.text);
    }
    body["custom_domain"] = json!("2.example.com");
    bob.post("/api/v1/deploy", &body).await.expect(202);
    platform.finish().await;
}

#[tokio::test]
async fn two_services_of_a_project_cannot_have_the_same_address() {
    let platform = TestPlatform::config()
        .variable("apps_routing", "gateway")
        .variable("apps_gateway", "gateway/main")
        .variable("apps_custom_domains", "*.example.com")
        .variable("platform_hosts", "nokube.example.net")
        .start()
        .await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    for (field, address) in [("custom_path", "/shop"), ("custom_domain", "shop.example.com")] {
        let service = field.replace("custom_", "by-");
        let mut body = alice.deployment_request(project, &service, "nginx").await;
        body[field] = json!(address);
        let path = alice.deploy(&body).await;
        assert_eq!(alice.deploy(&body).await, path, "its own address is not a conflict");
        body["service_name"] = json!("other");
        let errors = alice.post("/api/v1/deploy", &body).await.field_errors();
        assert!(errors[field].contains(&service), "{errors:?}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn deployments_are_in_the_audit_log_of_the_project() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["secrets"] = json!({ "KEY": USER_SECRET_VALUE });
    let path = alice.deploy(&body).await;
    alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    alice.delete(&path).await.expect(204);
    let audit_log = alice.get(&format!("/api/v1/projects/{project}/audit")).await.expect(200);
    let entries = audit_log["events"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|event| event["action"].as_str().unwrap()).collect();
    let expected = ["deployment.delete", "deployment.stop", "deployment.deploy", "project.create"];
    assert_eq!(actions, expected);
    assert_eq!(
        (&entries[0]["object"], &entries[0]["by"]["login"]),
        (&json!(path), &json!("alice"))
    );
    assert!(!audit_log.to_string().contains(USER_SECRET_VALUE));
    platform.finish().await;
}

#[tokio::test]
async fn a_revision_that_leaves_the_secrets_unchanged_also_lists_the_secret() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let mut body = alice.deployment_request(project, "web", "nginx").await;
    body["secrets"] = json!({ "KEY": USER_SECRET_VALUE });
    let path = alice.deploy(&body).await;
    let stopped = alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    let objects = stopped["manifests_generated"].to_string();
    assert!(objects.contains("\"Secret web-secret-"), "{objects}");
    platform.finish().await;
}
