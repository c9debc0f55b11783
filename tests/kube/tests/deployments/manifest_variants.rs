//! A real API server accepts the manifests of all kinds of requests, with strict field validation and at
//! their pod security level.

use crate::platform::{cluster, config, objects_in, unique_login};
use anyhow::Result;
use serde_json::{Value, json};

/// For each variant: the service's name, fields of the request, and prefixes of expected objects besides the
/// usual ones.
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
                "command": ["sh", "-c", "exec \"$0\" $(QUOTED)"], "args": ["node", "", "a: b"],
                "env_vars": {
                    "QUOTED": "\"'`$(id)` {{ x }}\n- a: b\u{2028}é", "EMPTY": "",
                    "discovery.type": "single-node", "-my-flag_": "1",
                },
                "secrets": { "elastic.token-1": "x", "TOKEN": "sentinel-user-secret: {\n}" },
                "description": "a: 'b'\n--- \"c\"", "display_name": "Café {{ name }} #1",
            }),
            vec!["configmaps/", "secrets/"],
        ),
        ("secure", json!({ "enable_https": true }), vec!["ingresses/"]),
        ("domained", json!({ "custom_domain": "shop.example.com" }), vec!["ingresses/"]),
    ]
}

async fn all_variants_are_accepted(level: &str, routing: &str) -> Result<()> {
    let admin = cluster().await?.admin()?;
    let platform = config()
        .await?
        .variable("pod_security", level)
        .variable("apps_routing", routing)
        .variable("apps_gateway", "gateway/main")
        .variable("apps_certificates", if routing == "ingress" { "issuer:acme" } else { "shared" })
        .variable("apps_custom_domains", "*.example.com")
        .variable("platform_hosts", "nokube.example.net")
        .variable("apps_denied_cidrs", "203.0.113.0/24, 2001:db8::/32")
        .variable("apps_egress_cidrs", "10.1.0.0/16, fd00:1::/64")
        .variable("registry_username", "puller")
        .variable("registry_token", "sentinel-github-token")
        .start()
        .await;
    let user = platform.user(&unique_login("vera"));
    let project = user.create_project("shop").await;
    let build = user.start_build(project).await;
    let build = user.wait_for_end(&build).await;
    let name = user.get(&format!("/api/v1/projects/{project}")).await.expect(200);
    let namespace = format!("nk-{}-shop", name["owner"].as_str().unwrap_or_default());
    // The namespace is deleted with its last deployment, so one stays until the end.
    let keeper = user.deployment_request(project, "keeper", "nginx:1.29").await;
    let keeper = user.deploy(&keeper).await;
    let mut variants = variants();
    if routing == "gateway" {
        variants.push(("by-path", json!({ "custom_path": "/shop/a" }), vec!["httproutes/"]));
    }
    for (service, fields, kinds) in variants {
        let mut request = user.deployment_request(project, service, "nginx:1.29").await;
        if service == "plain" {
            request["build_id"] = build["build_id"].clone();
            request["image_name"] = build["image_full_name"].clone();
        }
        for (field, value) in fields.as_object().into_iter().flatten() {
            request[field] = value.clone();
        }
        let response = user.post("/api/v1/deploy", &request).await.expect(202);
        assert_eq!(response["status"], "deploying", "{service}: {response:#}");
        // The API server would warn about pods that violate the level, and about unknown fields.
        assert_eq!(response["warnings"], Value::Null, "{service}: {response:#}");
        let objects = objects_in(&admin, &namespace).await?;
        for kind in kinds {
            let kind = kind.replace(
                "ingresses/",
                match routing {
                    "gateway" => "httproutes/",
                    _ => "ingresses/",
                },
            );
            let is_expected = |object: &&String| {
                object.starts_with(&format!("{kind}{service}")) && !object.contains("-token")
            };
            assert!(
                objects.iter().any(|object| is_expected(&object)),
                "{service}: no {kind} in {objects:#?}"
            );
        }
        let path =
            format!("/api/v1/deployments/{}", response["deployment_id"].as_str().unwrap_or(""));
        // A dry run of the same request reports no changes.
        for secret in request["secrets"].as_object_mut().into_iter().flatten() {
            *secret.1 = Value::Null;
        }
        let dry_run = user.post("/api/v1/deploy?dry_run=true", &request).await.expect(200);
        assert_eq!(dry_run["accepted"], true, "{service}: {dry_run:#}");
        let changes = dry_run["objects"].as_array().into_iter().flatten();
        let changes: Vec<_> = changes.filter(|object| object["verdict"] != "unchanged").collect();
        // Only the Deployment of an image that was not built here may change, because its tag may have moved.
        let is_only_image =
            changes.iter().all(|object| object["kind"] == "Deployment" && service != "plain");
        assert!(is_only_image, "{service}: {changes:#?}");
        user.delete(&format!("{path}?volumes=true")).await.expect(204);
    }
    user.delete(&keeper).await.expect(204);
    admin.wait_until_deleted(&format!("/api/v1/namespaces/{namespace}")).await?;
    assert_eq!(objects_in(&admin, &namespace).await?, Vec::<String>::new());
    platform.finish().await;
    Ok(())
}

#[tokio::test]
async fn all_manifests_are_accepted_at_level_baseline_with_ingress() -> Result<()> {
    all_variants_are_accepted("baseline", "ingress").await
}

#[tokio::test]
async fn all_manifests_are_accepted_at_level_restricted_with_gateway_api() -> Result<()> {
    all_variants_are_accepted("restricted", "gateway").await
}
