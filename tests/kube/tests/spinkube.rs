//! The API server accepts the objects of `ops/spinkube`, and they refer to each other correctly.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use anyhow::{Context, Result, ensure};
use nokube_tests_kube::{Client, Cluster};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const OPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops");
const SPINKUBE: &str = include_str!("../spinkube.yaml");

/// Renders the example like an operator: copies it, including the example files for secrets, and chooses a
/// route.
fn render(route_file: &str) -> Result<Vec<Value>> {
    let folder = tempfile::tempdir()?;
    for part in ["base", "example"] {
        let to = folder.path().join(part);
        fs::create_dir(&to)?;
        for file in fs::read_dir(Path::new(OPS).join("spinkube").join(part))? {
            let (name, text) = (file.as_ref().unwrap().file_name(), fs::read(file?.path())?);
            let name = name.to_string_lossy();
            fs::write(to.join(name.strip_suffix(".example").unwrap_or(&name)), text)?;
        }
    }
    let kustomization = folder.path().join("example/kustomization.yaml");
    let text = fs::read_to_string(&kustomization)?;
    ensure!(text.contains("- httproute.yaml"), "the example has no httproute.yaml");
    fs::write(&kustomization, text.replace("- httproute.yaml", &format!("- {route_file}")))?;
    let output =
        Command::new("kubectl").arg("kustomize").arg(folder.path().join("example")).output();
    let output = output.context("kubectl is missing; scripts/setup kube says where to get it")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    Ok(documents.map(Value::deserialize).collect::<Result<_, _>>()?)
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found =
        objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// Installs SpinKube's CustomResourceDefinitions unless the cluster has them.
async fn install_spinkube_crds(admin: &Client) -> Result<()> {
    let crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/spinapps.core.spinkube.dev";
    if admin.get(crd).await?.status == 404 {
        admin.apply_yaml(SPINKUBE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_api_server_accepts_an_installation() -> Result<()> {
    let admin = Cluster::shared().await?.admin()?;
    install_spinkube_crds(&admin).await?;
    admin.apply_permissions().await?;
    for route_file in ["httproute.yaml", "ingress.yaml"] {
        let objects = render(route_file)?;
        ensure!(objects.len() == 17, "{} objects", objects.len());
        for object in &objects {
            let response = admin.apply(object).await?;
            ensure!(response.warnings.is_empty(), "{object}: {:?}", response.warnings);
            response.ok().with_context(|| object.to_string())?;
        }
        // Kubernetes fills the Secret with the deployer's token, which the platform uses.
        let token = "/api/v1/namespaces/nokube/secrets/nokube-deployer-token";
        admin.wait_until(token, |secret| secret["data"]["token"].is_string()).await?;

        let mut invalid = find(&objects, "SpinApp", "nokube").clone();
        invalid["spec"]["colour"] = json!("red");
        let rejected = admin.apply(&invalid).await?;
        let message = rejected.body["message"].as_str().unwrap_or_default();
        ensure!(rejected.status >= 400 && message.contains("spec.colour"), "{rejected:?}");
        for object in &objects {
            admin.delete(&admin.path_of(object).await?, &json!({})).await?.ok()?;
        }
    }
    Ok(())
}

/// The guide adds a variable to the Deployment, which the operator applies again and again (server-side, by force).
#[tokio::test]
async fn the_operator_keeps_a_variable_that_the_guide_adds() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let admin = cluster.admin()?;
    let namespace = cluster.create_namespace("spin", &json!({})).await?;
    let of_the_operator = |image: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "nokube", "namespace": namespace},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "nokube"}},
                "template": {
                    "metadata": {"labels": {"app": "nokube"}},
                    "spec": {"containers": [{
                        "name": "nokube", "image": image, "args": ["up"],
                        "env": [{"name": "SPIN_VARIABLE_PLATFORM_URL", "value": "https://a.test"}]
                    }]}
                }
            }
        })
    };
    admin.apply(&of_the_operator("spin:1")).await?.ok()?;
    // What `kubectl set env` sends.
    let variable = json!({"name": "SPIN_WASMTIME_POOLING", "value": "0"});
    let containers = json!([{"name": "nokube", "env": [variable]}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/nokube");
    admin.kubectl_patch(&path, &patch).await?.ok()?;
    admin.apply(&of_the_operator("spin:2")).await?.ok()?;

    let deployment = admin.get(&path).await?.ok()?;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "spin:2");
    let variables = container["env"].as_array().unwrap();
    let names: Vec<_> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert!(names.contains(&"SPIN_WASMTIME_POOLING"), "{variables:?}");
    assert_eq!(names.len(), 2, "{variables:?}");
    admin.delete(&format!("/api/v1/namespaces/{namespace}"), &json!({})).await?.ok()?;
    Ok(())
}

#[test]
fn the_objects_refer_to_each_other_correctly() -> Result<()> {
    let objects = render("httproute.yaml")?;
    let app = find(&objects, "SpinApp", "nokube");
    let spec = &app["spec"];
    assert_eq!(spec["image"], "ghcr.io/my-org/nokube@sha256:DIGEST");
    let executor = find(&objects, "SpinAppExecutor", spec["executor"].as_str().unwrap());
    let spin_image = &executor["spec"]["deploymentConfig"]["spinImage"];
    assert_eq!(spin_image, "ghcr.io/spinframework/spin:v4.1.0@sha256:DIGEST");

    // What a liveness probe restarts for: no answer of the store for minutes, longer than a lost node is not noticed.
    let [liveness, readiness] = ["liveness", "readiness"].map(|name| &spec["checks"][name]);
    assert_eq!(liveness["httpGet"]["path"], "/live");
    assert_eq!(readiness["httpGet"]["path"], "/health");
    let seconds = liveness["periodSeconds"].as_u64().unwrap();
    assert!(seconds * liveness["failureThreshold"].as_u64().unwrap() >= 180, "{liveness}");
    assert_eq!(spec["replicas"], 2);
    let budget = find(&objects, "PodDisruptionBudget", "nokube");
    assert_eq!(budget["spec"]["selector"]["matchLabels"], spec["podLabels"]);
    let config =
        find(&objects, "Secret", spec["runtimeConfig"]["loadFromSecret"].as_str().unwrap());
    assert!(config["data"]["runtime-config.toml"].is_string());

    // Each key of the settings is a variable of the application.
    let variables = spec["variables"].as_array().unwrap();
    for key in find(&objects, "Secret", "nokube-settings")["data"].as_object().unwrap().keys() {
        let uses_key =
            |variable: &&Value| variable["valueFrom"]["secretKeyRef"]["key"] == json!(key);
        assert!(variables.iter().any(|variable| uses_key(&variable)), "{key} is not a setting");
    }

    // All other images are given by their digests.
    for (kind, name, template) in [
        ("StatefulSet", "nokube-valkey", "/spec/template"),
        ("CronJob", "nokube-reconcile", "/spec/jobTemplate/spec/template"),
    ] {
        let object = find(&objects, kind, name);
        let image = object.pointer(&format!("{template}/spec/containers/0/image")).unwrap();
        let (_, digest) = image.as_str().unwrap().split_once("@sha256:").unwrap();
        assert_eq!(digest.len(), 64, "{image}");
    }

    // The platform's store is Valkey, with the same password, at the address of its Service.
    let file = |name: &str| fs::read_to_string(Path::new(OPS).join("spinkube/example").join(name));
    let settings = file("settings.env.example")?;
    let setting = |name: &str| {
        let line = settings.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name}"))
    };
    let port = &find(&objects, "Service", "nokube-valkey")["spec"]["ports"][0]["port"];
    assert_eq!(setting("state_redis_host"), format!("redis://nokube-valkey:{port}"));
    let password = file("valkey.conf.example")?;
    let password = password.lines().find_map(|line| line.strip_prefix("requirepass ")).unwrap();
    let url = format!("redis://:{password}@nokube-valkey:{port}/0");
    assert_eq!(setting("state_redis_url"), url);
    assert!(!file("runtime-config.toml.example")?.contains("key_value_store"));

    // Valkey must reach its own limit before the pod is killed for its memory, even while it forks to save.
    let store = find(&objects, "StatefulSet", "nokube-valkey");
    let store = &store["spec"]["template"]["spec"]["containers"][0];
    let arguments = store["args"].as_array().unwrap();
    assert!(arguments.windows(2).any(|pair| pair == ["--maxmemory", "$(MAXMEMORY)"]));
    let number = |text: &Value, unit: &str| -> u32 {
        text.as_str().unwrap().strip_suffix(unit).unwrap().parse().unwrap()
    };
    let max_memory = number(&store["env"][0]["value"], "mb");
    assert!(max_memory * 2 <= number(&store["resources"]["limits"]["memory"], "Mi"));

    // The network policies select the existing pods.
    let policy = find(&objects, "NetworkPolicy", "nokube-platform");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], spec["podLabels"]);
    let store = &find(&objects, "StatefulSet", "nokube-valkey")["spec"]["template"]["metadata"];
    let policy = find(&objects, "NetworkPolicy", "nokube-store");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], store["labels"]);

    // The pods of the CronJob reach the platform, whose Service is named as the SpinApp.
    let template =
        &find(&objects, "CronJob", "nokube-reconcile")["spec"]["jobTemplate"]["spec"]["template"];
    let url = &template["spec"]["containers"][0]["args"].as_array().unwrap().last().unwrap();
    assert_eq!(*url, "http://nokube/api/v1/reconcile");
    let labels = &template["metadata"]["labels"];
    let own = &find(&objects, "NetworkPolicy", "nokube-reconcile")["spec"];
    assert_eq!(own["podSelector"]["matchLabels"], *labels);
    assert_eq!(own["egress"][1]["to"][0]["podSelector"]["matchLabels"], spec["podLabels"]);
    let from = &find(&objects, "NetworkPolicy", "nokube-platform-from-reconcile")["spec"];
    assert_eq!(from["podSelector"]["matchLabels"], spec["podLabels"]);
    assert_eq!(from["ingress"][0]["from"][0]["podSelector"]["matchLabels"], *labels);
    Ok(())
}
