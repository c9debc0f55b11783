//! What `ops/spinkube` makes is taken by the API server, and its parts fit each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use anyhow::{Context, Result, ensure};
use nokube_tests_kube::{Client, Cluster};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const OPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ops");
const SPINKUBE: &str = include_str!("../spinkube.yaml");

/// The example as an operator would make it: copied, with the files that hold secrets.
fn made(entrance: &str) -> Result<Vec<Value>> {
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
    let own = folder.path().join("example/kustomization.yaml");
    let text = fs::read_to_string(&own)?;
    ensure!(text.contains("- httproute.yaml"), "the example's own entrance");
    fs::write(&own, text.replace("- httproute.yaml", &format!("- {entrance}")))?;
    let told = Command::new("kubectl").arg("kustomize").arg(folder.path().join("example")).output();
    let told = told.context("kubectl is missing; scripts/setup kube says where to get it")?;
    ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let text = String::from_utf8(told.stdout)?;
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    Ok(documents.map(Value::deserialize).collect::<Result<_, _>>()?)
}

fn find<'a>(made: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = made.iter().find(|one| one["kind"] == kind && one["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// SpinKube's kinds, unless the cluster has them.
async fn with_spinkube(admin: &Client) -> Result<()> {
    let there =
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/spinapps.core.spinkube.dev";
    if admin.get(there).await?.status == 404 {
        admin.apply_yaml(SPINKUBE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_api_server_takes_an_installation() -> Result<()> {
    let admin = Cluster::shared().await?.admin()?;
    with_spinkube(&admin).await?;
    admin.apply_yaml(&fs::read_to_string(Path::new(OPS).join("rbac.yaml"))?).await?;
    for entrance in ["httproute.yaml", "ingress.yaml"] {
        let made = made(entrance)?;
        ensure!(made.len() == 13, "{} objects", made.len());
        for object in &made {
            let answer = admin.apply(object).await?;
            ensure!(answer.warnings.is_empty(), "{object}: {:?}", answer.warnings);
            answer.ok().with_context(|| object.to_string())?;
        }
        // The cluster writes the deployer's token, which the platform reads.
        let token = "/api/v1/namespaces/nokube/secrets/nokube-deployer-token";
        admin.until(token, |secret| secret["data"]["token"].is_string()).await?;

        let mut wrong = find(&made, "SpinApp", "nokube").clone();
        wrong["spec"]["colour"] = json!("red");
        let refused = admin.apply(&wrong).await?;
        let why = refused.body["message"].as_str().unwrap_or_default();
        ensure!(refused.status >= 400 && why.contains("spec.colour"), "{refused:?}");
        for object in &made {
            admin.delete(&admin.path_of(object).await?, &json!({})).await?.ok()?;
        }
    }
    Ok(())
}

#[test]
fn its_parts_fit_each_other() -> Result<()> {
    let made = made("httproute.yaml")?;
    let app = find(&made, "SpinApp", "nokube");
    let spec = &app["spec"];
    assert_eq!(spec["image"], "ghcr.io/my-org/nokube@sha256:DIGEST");
    find(&made, "SpinAppExecutor", spec["executor"].as_str().unwrap());
    let config = find(&made, "Secret", spec["runtimeConfig"]["loadFromSecret"].as_str().unwrap());
    assert!(config["data"]["runtime-config.toml"].is_string());

    // Every setting in the file is one that the application is given.
    let variables = spec["variables"].as_array().unwrap();
    for key in find(&made, "Secret", "nokube-settings")["data"].as_object().unwrap().keys() {
        let of = |variable: &&Value| variable["valueFrom"]["secretKeyRef"]["key"] == json!(key);
        assert!(variables.iter().any(|variable| of(&variable)), "{key} is no setting");
    }

    // The store refuses what is too much before its pod is killed for it, while it writes a copy too.
    let store = find(&made, "StatefulSet", "nokube-valkey");
    let store = &store["spec"]["template"]["spec"]["containers"][0];
    let arguments = store["args"].as_array().unwrap();
    assert!(arguments.windows(2).any(|pair| pair == ["--maxmemory", "$(MAXMEMORY)"]));
    let number = |text: &Value, unit: &str| -> u32 {
        text.as_str().unwrap().strip_suffix(unit).unwrap().parse().unwrap()
    };
    let kept = number(&store["env"][0]["value"], "mb");
    assert!(kept * 2 <= number(&store["resources"]["limits"]["memory"], "Mi"));

    // Policies are about the pods that there are.
    let policy = find(&made, "NetworkPolicy", "nokube-platform");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], spec["podLabels"]);
    let store = &find(&made, "StatefulSet", "nokube-valkey")["spec"]["template"]["metadata"];
    let policy = find(&made, "NetworkPolicy", "nokube-store");
    assert_eq!(policy["spec"]["podSelector"]["matchLabels"], store["labels"]);
    Ok(())
}
