//! From the image to running pods, on the simulated cluster.

use nokube_sim::PrivateImages;
use nokube_tests::{USER_SECRET, World};
use serde_json::{Value, json};

#[tokio::test]
async fn from_the_build_to_running_pods_and_gone() {
    let mut world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let build = alice.until_ended(&alice.build(project).await).await;
    let mut wanted = alice.wanted_deployment(project, "frontend", "").await;
    wanted["image_name"] = build["image_full_name"].clone();
    wanted["build_id"] = build["build_id"].clone();
    wanted["env_vars"] = json!({ "COLOUR": "red" });
    let answer = alice.post("/api/v1/deploy", &wanted).await.expect(202);
    assert_eq!(answer["status"], "deploying");
    assert_eq!(answer["image_name"], build["image_full_name"]);
    assert_eq!(answer["access_url"], "http://frontend-myapp-alice.apps.example.org");
    let made = answer["manifests_generated"].to_string();
    for kind in ["Deployment frontend", "Service frontend-service", "ConfigMap frontend-env-"] {
        assert!(made.contains(kind), "{made}");
    }

    let path = format!("/api/v1/deployments/{}", answer["deployment_id"].as_str().unwrap());
    let running = alice.until(&path, &["running"]).await;
    assert_eq!((&running["replicas_ready"], &running["replicas_total"]), (&json!(2), &json!(2)));
    assert_eq!(running["image_digest"], build["image_digest"]);
    assert_eq!(running["pods"].as_array().unwrap().len(), 2);

    wanted["env_vars"] = json!({ "COLOUR": "blue" });
    assert_eq!(alice.deploy(&wanted).await, path, "the same deployment");
    let rolled = alice.until(&path, &["running"]).await;
    assert_eq!(rolled["revision"], 2);
    assert_ne!(rolled["pods"][0]["name"], running["pods"][0]["name"]);

    // Everything is still there after a stop of the platform, and the way back too.
    world.restart().await;
    let alice = world.user("alice");
    alice.post(&format!("{path}/rollback"), &json!({})).await.expect(202);
    let back = alice.until(&path, &["running"]).await;
    assert_eq!((&back["revision"], &back["release"]), (&json!(3), &json!(1)));
    let revisions = alice.get(&format!("{path}/revisions")).await.expect(200);
    assert_eq!(revisions["revisions"][0]["configuration"]["env_vars"]["COLOUR"], "red");
    let list = format!("/api/v1/projects/{project}/deployments");
    assert_eq!(alice.get(&list).await.expect(200)["deployments"][0]["status"], "running");

    alice.delete(&format!("{path}?volumes=true")).await.expect(204);
    alice.get(&path).await.problem(404);
    assert_eq!(alice.get(&list).await.expect(200)["deployments"], json!([]));
    world.until_empty("nk-alice-myapp").await;
    world.end().await;
}

#[tokio::test]
async fn an_image_is_the_projects_own_build_or_a_foreign_one() {
    let world = World::plan().set("foreign_images", "docker.io/library/").start().await;
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let project = alice.project("myapp").await;
    let build = alice.until_ended(&alice.build(project).await).await;
    let own = build["image_full_name"].as_str().unwrap();

    // By its name alone, it is found among the project's builds and pinned.
    let named = alice.wanted_deployment(project, "frontend", own).await;
    let path = alice.deploy(&named).await;
    assert_eq!(alice.get(&path).await.expect(200)["build_id"], build["build_id"]);
    let deployment = world.cluster.object("deployments", "nk-alice-myapp", "frontend").unwrap();
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    assert!(image.as_str().unwrap().ends_with(build["image_digest"].as_str().unwrap()));

    let refused = |answer: nokube_tests::Answer| answer.faults();
    let never = alice.wanted_deployment(project, "frontend", &own.replace("latest", "v9")).await;
    assert!(refused(alice.post("/api/v1/deploy", &never).await)["image_name"].contains("no succ"));
    // Of another tenant: neither by the build nor by the name.
    let theirs = bob.project("theirs").await;
    let mut stolen = bob.wanted_deployment(theirs, "web", own).await;
    let faults = refused(bob.post("/api/v1/deploy", &stolen).await);
    assert!(faults["image_name"].contains("not an image of this project"), "{faults:?}");
    stolen["build_id"] = build["build_id"].clone();
    let faults = refused(bob.post("/api/v1/deploy", &stolen).await);
    assert!(faults["build_id"].contains("no build of yours"), "{faults:?}");
    // Foreign: what the operator allows.
    let allowed = bob.wanted_deployment(theirs, "web", "nginx:1.29").await;
    bob.deploy(&allowed).await;
    let other = bob.wanted_deployment(theirs, "web", "quay.io/some/thing:1").await;
    assert!(refused(bob.post("/api/v1/deploy", &other).await)["image_name"].contains("begin with"));
    // A build that has not ended, or failed.
    let failed = alice.build_of(project, "will-fail").await;
    alice.until_ended(&failed).await;
    let mut wanted = alice.wanted_deployment(project, "frontend", "x").await;
    wanted.as_object_mut().unwrap().remove("image_name");
    wanted["build_id"] = json!(failed.rsplit('/').next().unwrap());
    let faults = refused(alice.post("/api/v1/deploy", &wanted).await);
    assert!(faults["build_id"].contains("made no image"), "{faults:?}");
    world.end().await;
}

#[tokio::test]
async fn a_private_image_is_pulled_by_its_own_project_only() {
    let world = World::plan()
        .set("registry_username", "puller")
        .set("registry_token", "sentinel-pull-token")
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
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let build = alice.until_ended(&alice.build(project).await).await;
    let image = build["image_full_name"].as_str().unwrap();
    let path = alice.deploy(&alice.wanted_deployment(project, "frontend", image).await).await;
    alice.until(&path, &["running"]).await;
    let pod = &world.cluster.objects("pods", "nk-alice-myapp")[0]["spec"];
    assert_eq!(
        pod["containers"][0]["imagePullPolicy"], "Always",
        "or a node's cache would leak it"
    );

    // A foreign image gets no pull secret, in whichever namespace it runs.
    let foreign = alice.wanted_deployment(project, "other", "nginx:1.29").await;
    let path = alice.deploy(&foreign).await;
    alice.until(&path, &["running"]).await;
    let deployment = world.cluster.object("deployments", "nk-alice-myapp", "other").unwrap();
    assert_eq!(deployment["spec"]["template"]["spec"]["imagePullSecrets"], Value::Null);
    world.end().await;
}

#[tokio::test]
async fn what_ails_a_pod_is_said_in_words() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for (image, code, words) in [
        ("acme/shop-crash", "crash", "exit code 1"),
        ("acme/shop-nopull", "image_pull", "does not let us"),
        ("acme/shop-notag", "image_pull", "no such image or tag"),
        ("acme/shop-oom", "out_of_memory", "more memory than its limit of 512Mi"),
        ("acme/shop-pending", "unschedulable", "lower memory_request"),
    ] {
        let service = image.rsplit('-').next().unwrap();
        let path = alice.deploy(&alice.wanted_deployment(project, service, image).await).await;
        let failed = alice.until(&path, &["failed"]).await;
        assert_eq!(failed["error_code"], code, "{failed:#}");
        assert_eq!(failed["pods"][0]["code"], code, "{failed:#}");
        let told = failed["error_message"].as_str().unwrap();
        assert!(told.contains(words), "{told}");
        if code == "crash" {
            assert!(told.contains("Its last lines:\n"), "{told}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn all_faults_are_told_at_once_and_another_name_is_refused() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "1web", "No Image").await;
    for (field, value) in [
        ("replicas", json!(0)),
        ("memory_limit", json!("128m")),
        ("cpu_request", json!("2")),
        ("container_port", json!(70000)),
        ("custom_domain", json!("evil.apps.example.org")),
        ("secrets", json!({ "KEPT": null, "A-B": USER_SECRET })),
        ("project_name", json!("another")),
        ("colour", json!("red")),
    ] {
        wanted[field] = value;
    }
    let faults = alice.post("/api/v1/deploy", &wanted).await.faults();
    for field in [
        "service_name",
        "image_name",
        "replicas",
        "memory_limit",
        "container_port",
        "cpu_request",
        "custom_domain",
        "secrets.A-B",
        "project_name",
        "colour",
    ] {
        assert!(faults.contains_key(field), "{field} is not named in {faults:#?}");
    }
    let mut wanted = alice.wanted_deployment(project, "web", "nginx").await;
    wanted["username"] = json!("bob");
    assert!(alice.post("/api/v1/deploy", &wanted).await.problem(403).contains("username"));
    wanted["username"] = json!("alice");
    wanted["secrets"] = json!({ "KEPT": null });
    let faults = alice.post("/api/v1/deploy", &wanted).await.faults();
    assert!(faults["secrets.KEPT"].contains("give one"));
    assert!(world.cluster.object("namespaces", "", "nk-alice-myapp").is_none(), "nothing is made");
    world.end().await;
}

#[tokio::test]
async fn a_deployment_is_its_projects_alone() {
    let world = World::new().await;
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let project = alice.project("myapp").await;
    let path = alice.deploy(&alice.wanted_deployment(project, "web", "nginx").await).await;
    let nothing = "/api/v1/deployments/00000000000000000000000000";
    let (guess, last) = path.split_at(path.len() - 2);
    let guessed = if last.starts_with('0') { "1" } else { "0" };
    let forged = format!("{guess}{guessed}{}", &last[1..]);
    for (method, more) in [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/manifests"),
        ("GET", "/logs"),
        ("GET", "/events"),
        ("GET", "/revisions"),
        ("POST", "/restart"),
        ("POST", "/stop"),
        ("POST", "/start"),
        ("POST", "/rollback"),
    ] {
        let method = method.parse::<reqwest::Method>().unwrap();
        let ask = async |user: &nokube_tests::User, path: &str| {
            let path = format!("{path}{more}");
            let answer = nokube_tests::Answer::of(user.request(method.clone(), &path)).await;
            answer.problem(404)
        };
        let theirs = ask(&bob, &path).await;
        assert_eq!(theirs, ask(&bob, nothing).await);
        assert_eq!(theirs, ask(&alice, &forged).await, "an id cannot be guessed");
        let anybody = world.anybody().request(method.clone(), &format!("{path}{more}"));
        nokube_tests::Answer::of(anybody).await.problem(401);
    }
    bob.get(&format!("/api/v1/projects/{project}/deployments")).await.problem(404);
    let wanted = alice.wanted_deployment(project, "web", "nginx").await;
    bob.post("/api/v1/deploy", &wanted).await.problem(404);
    // A request id or a header proves nothing.
    let sneaky = bob.request(reqwest::Method::GET, &path).header("x-user", "alice");
    let sneaky = sneaky.header("spin-client-addr", "0.0.0.0:0").header("x-forwarded-user", "alice");
    nokube_tests::Answer::of(sneaky).await.problem(404);
    // What components ask one another is no public route.
    for path in ["/ready/cluster", "/api/v1/deployments/ready"] {
        assert!(world.anybody().get(path).await.status >= 401, "{path}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_domain_belongs_to_the_first_project_that_claims_it() {
    let world = World::plan()
        .set("apps_custom_domains", "*.example.com")
        .set("platform_hosts", "nokube.example.com")
        .set("max_domains_per_person", "3")
        .start()
        .await;
    let (alice, bob) = (world.user("alice"), world.user("bob"));
    let (hers, his) = (alice.project("a").await, bob.project("b").await);
    let mut wanted = alice.wanted_deployment(hers, "web", "nginx").await;
    wanted["custom_domain"] = json!("Shop.example.com");
    let answer = alice.post("/api/v1/deploy", &wanted).await.expect(202);
    assert_eq!(answer["access_url"], "http://shop.example.com");
    let mut wanted = bob.wanted_deployment(his, "web", "nginx").await;
    for taken in ["shop.example.com", "nokube.example.com", "shop.example.net"] {
        wanted["custom_domain"] = json!(taken);
        assert!(bob.post("/api/v1/deploy", &wanted).await.faults().contains_key("custom_domain"));
    }
    // Nor may anybody claim them all.
    for number in 1..=4 {
        wanted["custom_domain"] = json!(format!("{number}.example.com"));
        let answer = bob.post("/api/v1/deploy", &wanted).await;
        let refused =
            answer.status != 202 && answer.faults()["custom_domain"].contains("one too many");
        assert_eq!(refused, number == 4, "{number}: {}", answer.text);
    }
    wanted["custom_domain"] = json!("2.example.com");
    bob.post("/api/v1/deploy", &wanted).await.expect(202);
    world.end().await;
}

#[tokio::test]
async fn two_services_of_a_project_are_never_reached_at_one_place() {
    let world = World::plan()
        .set("apps_routing", "gateway")
        .set("apps_gateway", "gateway/main")
        .set("apps_custom_domains", "*.example.com")
        .set("platform_hosts", "nokube.example.net")
        .start()
        .await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    for (field, place) in [("custom_path", "/shop"), ("custom_domain", "shop.example.com")] {
        let service = field.replace("custom_", "by-");
        let mut wanted = alice.wanted_deployment(project, &service, "nginx").await;
        wanted[field] = json!(place);
        let path = alice.deploy(&wanted).await;
        assert_eq!(alice.deploy(&wanted).await, path, "its own place is free to it");
        wanted["service_name"] = json!("other");
        let faults = alice.post("/api/v1/deploy", &wanted).await.faults();
        assert!(faults[field].contains(&service), "{faults:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_audit_trail_tells_who_deployed_and_took_away() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let mut wanted = alice.wanted_deployment(project, "web", "nginx").await;
    wanted["secrets"] = json!({ "KEY": USER_SECRET });
    let path = alice.deploy(&wanted).await;
    alice.post(&format!("{path}/stop"), &json!({})).await.expect(202);
    alice.delete(&path).await.expect(204);
    let trail = alice.get(&format!("/api/v1/projects/{project}/audit")).await.expect(200);
    let told: Vec<_> = trail["events"].as_array().unwrap().iter().collect();
    let actions: Vec<_> = told.iter().map(|event| event["action"].as_str().unwrap()).collect();
    let expected = ["deployment.delete", "deployment.stop", "deployment.deploy", "project.create"];
    assert_eq!(actions, expected);
    assert_eq!((&told[0]["object"], &told[0]["by"]["login"]), (&json!(path), &json!("alice")));
    assert!(!trail.to_string().contains(USER_SECRET));
    world.end().await;
}
