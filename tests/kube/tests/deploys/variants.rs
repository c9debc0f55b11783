//! Everything that a request can call for is taken by a real API server, strictly validated, at the
//! level of pod security that it claims.

use crate::platform::{cluster, left_in, plan, somebody};
use anyhow::Result;
use serde_json::{Value, json};

/// What a request may add, and the kinds that this calls for besides the usual ones.
fn variants() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    vec![
        ("plain", json!({}), vec!["services/", "ingresses/", "poddisruptionbudgets/"]),
        ("one", json!({ "replicas": 1, "exposure_type": "internal" }), vec!["services/"]),
        ("worker", json!({ "service_type": "worker" }), vec!["poddisruptionbudgets/"]),
        (
            "checked",
            json!({
                "service_type": "api", "container_port": 8080, "service_port": 80,
                "liveness_check_path": "/health?full=1", "readiness_check_path": "/ready",
                "health_check_port": 8081, "liveness_initial_delay": 0,
                "health_check_period": 1, "health_check_timeout": 2,
            }),
            vec!["services/", "ingresses/"],
        ),
        (
            "stored",
            json!({ "storage_size": "1Gi", "storage_path": "/var/lib/data" }),
            vec!["persistentvolumeclaims/", "services/"],
        ),
        (
            "scaled",
            json!({
                "enable_autoscaling": true, "min_replicas": 2, "max_replicas": 4,
                "target_cpu_percent": 50,
            }),
            vec!["horizontalpodautoscalers/", "poddisruptionbudgets/"],
        ),
        (
            "configured",
            json!({
                "env_vars": { "QUOTED": "\"'`$(id)` {{ x }}\n- a: b\u{2028}é", "EMPTY": "" },
                "secrets": { "TOKEN": "sentinel-user-secret: {\n}" },
                "description": "a: 'b'\n--- \"c\"", "display_name": "Café {{ name }} #1",
            }),
            vec!["configmaps/", "secrets/"],
        ),
        ("secure", json!({ "enable_https": true }), vec!["ingresses/"]),
        ("domained", json!({ "custom_domain": "shop.example.com" }), vec!["ingresses/"]),
    ]
}

async fn all_are_taken(level: &str, routing: &str) -> Result<()> {
    let admin = cluster().await?.admin()?;
    let world = plan()
        .await?
        .set("pod_security", level)
        .set("apps_routing", routing)
        .set("apps_gateway", "gateway/main")
        .set("apps_certificates", if routing == "ingress" { "issuer:acme" } else { "shared" })
        .set("apps_custom_domains", "*.example.com")
        .set("apps_egress_cidrs", "10.1.0.0/16, fd00:1::/64")
        .set("registry_username", "puller")
        .set("registry_token", "sentinel-github-token")
        .start()
        .await;
    let user = world.user(&somebody("vera"));
    let project = user.project("shop").await;
    let build = user.build(project).await;
    let build = user.until_ended(&build).await;
    let name = user.get(&format!("/api/v1/projects/{project}")).await.expect(200);
    let namespace = format!("nk-{}-shop", name["owner"].as_str().unwrap_or_default());
    // The namespace leaves with its last service, so one stays until the end.
    let keeper = user.wanted_deployment(project, "keeper", "nginx:1.29").await;
    let keeper = user.deploy(&keeper).await;
    let mut all = variants();
    if routing == "gateway" {
        all.push(("by-path", json!({ "custom_path": "/shop/a" }), vec!["httproutes/"]));
    }
    for (service, more, kinds) in all {
        let mut wanted = user.wanted_deployment(project, service, "nginx:1.29").await;
        if service == "plain" {
            wanted["build_id"] = build["build_id"].clone();
            wanted["image_name"] = build["image_full_name"].clone();
        }
        for (field, value) in more.as_object().into_iter().flatten() {
            wanted[field] = value.clone();
        }
        let answer = user.post("/api/v1/deploy", &wanted).await.expect(202);
        assert_eq!(answer["status"], "deploying", "{service}: {answer:#}");
        // The API server warns of what a level does not allow, and of what is not as it should be.
        assert_eq!(answer["warnings"], Value::Null, "{service}: {answer:#}");
        let left = left_in(&admin, &namespace).await?;
        for kind in kinds {
            let kind = kind.replace(
                "ingresses/",
                match routing {
                    "gateway" => "httproutes/",
                    _ => "ingresses/",
                },
            );
            let made = |object: &&String| {
                object.starts_with(&format!("{kind}{service}")) && !object.contains("-token")
            };
            assert!(left.iter().any(|object| made(&object)), "{service}: no {kind} in {left:#?}");
        }
        let path =
            format!("/api/v1/deployments/{}", answer["deployment_id"].as_str().unwrap_or(""));
        // A dry run of the same changes nothing, and says so.
        for secret in wanted["secrets"].as_object_mut().into_iter().flatten() {
            *secret.1 = Value::Null;
        }
        let tried = user.post("/api/v1/deploy?dry_run=true", &wanted).await.expect(200);
        assert_eq!(tried["accepted"], true, "{service}: {tried:#}");
        let changes = tried["objects"].as_array().into_iter().flatten();
        let changes: Vec<_> = changes.filter(|o| o["verdict"] != "unchanged").collect();
        // The tag of a foreign image may have moved, so that one rolls.
        let rolls = changes.iter().all(|o| o["kind"] == "Deployment" && service != "plain");
        assert!(rolls, "{service}: {changes:#?}");
        user.delete(&format!("{path}?volumes=true")).await.expect(204);
    }
    user.delete(&keeper).await.expect(204);
    admin.until_gone(&format!("/api/v1/namespaces/{namespace}")).await?;
    assert_eq!(left_in(&admin, &namespace).await?, Vec::<String>::new());
    world.end().await;
    Ok(())
}

#[tokio::test]
async fn all_manifests_are_taken_at_the_level_baseline_with_ingress() -> Result<()> {
    all_are_taken("baseline", "ingress").await
}

#[tokio::test]
async fn all_manifests_are_taken_at_the_level_restricted_with_gateway_api() -> Result<()> {
    all_are_taken("restricted", "gateway").await
}
