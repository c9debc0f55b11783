//! Whatever a user writes stays a value: it becomes no structure, and no secret leaves its Secret.

// A helper that is wrong must stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Story, gateway, own_build, platform, story};
use k8s_openapi::api::{
    apps::v1::Deployment,
    autoscaling::v2::HorizontalPodAutoscaler,
    core::v1::{
        ConfigMap, LimitRange, Namespace, PersistentVolumeClaim, ResourceQuota, Secret, Service,
        ServiceAccount,
    },
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
    rbac::v1::RoleBinding,
};
use nokube_kube::{
    Kind, Manifest, Platform,
    manifest::{namespace, role_binding},
    platform::PodSecurity,
    shown::{self, HIDDEN},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The paths of all values.
fn paths(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(map) => {
                open.extend(map.iter().map(|(name, value)| (format!("{path}/{name}"), value)));
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                open.extend(items.map(|(index, item)| (format!("{path}/{index}"), item)));
            }
            _ => {}
        }
        found.insert(path);
    }
    found
}

/// A story in which every free text is `text`.
fn saying(text: &str, short: &str) -> Story {
    let mut more = own_build();
    let all = json!({
        "display_name": short, "description": short,
        "env_vars": { "A": text, "B": "plain" }, "secrets": { "S": text },
        "storage_size": "1Gi", "storage_path": format!("/{}", path_of(short)),
    });
    more.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    story(more)
}

/// What of a text a path may hold.
fn path_of(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && !":./".contains(*c)).collect();
    format!("data{}", plain.chars().take(20).collect::<String>())
}

/// The paths of all manifests; objects that are named by their content go by their kind.
fn structure(story: &Story, platform: &Platform) -> Vec<(Kind, BTreeSet<String>)> {
    story.manifests(platform).all().map(|m| (m.kind, paths(&m.body))).collect()
}

/// All documents of the YAML text of a kind.
fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml_ng::Deserializer::from_str(text);
    documents.map(|document| Value::deserialize(document).unwrap()).collect()
}

#[track_caller]
fn stays_a_value(text: &str) {
    let short: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(100).collect();
    let short = if short.is_empty() { "x".into() } else { short };
    let story = saying(text, &short);
    for platform in [platform(), gateway()] {
        assert_eq!(
            structure(&story, &platform),
            structure(&saying("x", "x"), &platform),
            "{text:?}"
        );
        let manifests = story.manifests(&platform);
        let yaml = shown::yaml(manifests.all());
        for (kind, yaml) in yaml {
            let kind = Kind::named(kind).unwrap();
            let of_kind = manifests.all().filter(|m| m.kind == kind);
            let expected: Vec<_> = of_kind.map(shown::masked).collect();
            assert_eq!(documents(&yaml), expected, "{text:?}");
        }
        let config = story.object(&platform, Kind::ConfigMap).unwrap();
        assert_eq!(config["data"]["A"], text);
        let workload = manifests.workload.body;
        assert_eq!(workload["metadata"]["annotations"]["nokube.dev/display-name"], short);
    }
}

#[test]
fn hostile_values_stay_values() {
    let long = "long ".repeat(2_000);
    let texts = [
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "a: b",
        "- a",
        "a:\n  b: c",
        "---\nkind: Pod",
        "...",
        "x\nspec:\n  replicas: 99",
        "{{ .Values.x }}",
        "{% raw %}",
        "${HOME}",
        "$(id)",
        "#",
        "a # b",
        "&a",
        "*a",
        "!!str",
        "!tag",
        "|",
        ">",
        "%",
        "@",
        "?",
        "? a",
        "yes",
        "no",
        "null",
        "~",
        "true",
        "0",
        "1e3",
        "0x1",
        "0o7",
        "1_000",
        "1:20",
        ".inf",
        ".nan",
        "2026-01-01",
        "=",
        "<<",
        " ",
        "  x  ",
        "é",
        "日本",
        "😀",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{7f}",
        "\u{1b}[31m",
        "\u{1}",
        "\u{fffd}",
        "\u{ffff}",
        "</script>",
        "',\"})",
        "[",
        "{",
        "{}",
        "[]",
        "a\n\n\nb\n",
        "\n a",
        &long,
    ];
    for text in texts {
        stays_a_value(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_text_stays_a_value(text in "[^\0]{1,30}|[\n\r\t :#'\"{}\\[\\]&*!|>%@`-]{1,12}") {
        stays_a_value(&text);
    }
}

#[test]
fn no_secret_stands_anywhere_but_in_its_secret() {
    let story = story(json!({ "secrets": { "KEY": "SENTINEL" }, "env_vars": { "A": "shown" } }));
    let ours = Story { run: saying("x", "x").run, ..story.clone() };
    for story in [&story, &ours] {
        let manifests = story.manifests(&platform());
        let encoded = ["SENTINEL", "U0VOVElORUw", "T0KEN", "VDBLRU4", "Ym90OlQwS0VO"];
        for manifest in manifests.all().filter(|m| m.kind != Kind::Secret) {
            let text = manifest.body.to_string();
            assert!(!encoded.iter().any(|part| text.contains(part)), "{}", manifest.title());
        }
        let yaml = shown::yaml(manifests.all());
        let all = format!("{yaml:?}{:?}{:?}", story.secrets, platform());
        assert!(!encoded.iter().any(|part| all.contains(part)), "{all}");
        assert!(yaml["Secret"].contains(HIDDEN) && yaml["Deployment"].contains("frontend"));
    }
    let secret = story.object(&platform(), Kind::Secret).unwrap();
    assert_eq!(
        (&secret["data"]["KEY"], &secret["immutable"]),
        (&json!("U0VOVElORUw="), &json!(true))
    );
    let pull = ours.manifests(&platform());
    let pull = pull.all().find(|m| m.name == "nokube-registry").unwrap();
    assert_eq!(pull.body["type"], "kubernetes.io/dockerconfigjson");
    let config = &pull.body["data"][".dockerconfigjson"];
    use base64::{Engine, engine::general_purpose::STANDARD};
    let config = STANDARD.decode(config.as_str().unwrap()).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["auths"]["ghcr.io"]["auth"], STANDARD.encode("bot:T0KEN"));
}

/// Without the values, the object that holds them is left as it is in the cluster.
#[test]
fn secrets_that_stand_already_are_not_told_again() {
    let story = story(json!({ "secrets": { "KEY": "SENTINEL" } }));
    let manifests = nokube_kube::Manifests::new(&platform(), &story.deployed(), None);
    assert!(!manifests.all().any(|m| m.kind == Kind::Secret));
    assert_eq!(manifests.workload, story.manifests(&platform()).workload);
}

/// Nothing is lost when Kubernetes' own types read it, so every field is where they have it.
fn reads_as<T: DeserializeOwned + Serialize>(manifest: &Manifest) {
    let read: T = serde_json::from_value(manifest.body.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), manifest.body, "{}", manifest.title());
}

#[test]
fn kubernetes_own_types_read_every_field() {
    let scaled =
        json!({ "enable_autoscaling": true, "secrets": { "S": "1" }, "enable_https": true });
    let stories = [
        story(json!({ "liveness_check_path": "/x", "env_vars": { "A": "1" } })),
        story(json!({ "service_type": "worker" })),
        story(scaled),
        saying("x", "x"),
    ];
    for story in &stories {
        for (platform, level) in
            [(platform(), PodSecurity::Restricted), (gateway(), PodSecurity::Baseline)]
        {
            let platform = Platform { pod_security: level, ..platform };
            let deployed = story.deployed();
            let mut manifests: Vec<_> = story.manifests(&platform).all().cloned().collect();
            manifests.push(namespace(&platform, &deployed.tenant));
            manifests.push(role_binding(&deployed.tenant, "role", "user"));
            for manifest in &manifests {
                assert_eq!(manifest.body["kind"], manifest.kind.name());
                assert_eq!(manifest.body["apiVersion"], manifest.kind.api_version());
                match manifest.kind {
                    Kind::Namespace => reads_as::<Namespace>(manifest),
                    Kind::ResourceQuota => reads_as::<ResourceQuota>(manifest),
                    Kind::LimitRange => reads_as::<LimitRange>(manifest),
                    Kind::ServiceAccount => reads_as::<ServiceAccount>(manifest),
                    Kind::ConfigMap => reads_as::<ConfigMap>(manifest),
                    Kind::Secret => reads_as::<Secret>(manifest),
                    Kind::PersistentVolumeClaim => reads_as::<PersistentVolumeClaim>(manifest),
                    Kind::Service => reads_as::<Service>(manifest),
                    Kind::Deployment => reads_as::<Deployment>(manifest),
                    Kind::NetworkPolicy => reads_as::<NetworkPolicy>(manifest),
                    Kind::Ingress => reads_as::<Ingress>(manifest),
                    Kind::HorizontalPodAutoscaler => reads_as::<HorizontalPodAutoscaler>(manifest),
                    Kind::PodDisruptionBudget => reads_as::<PodDisruptionBudget>(manifest),
                    Kind::RoleBinding => reads_as::<RoleBinding>(manifest),
                    Kind::HttpRoute => {}
                    Kind::Pod | Kind::Event | Kind::ReplicaSet => panic!("it is never applied"),
                }
            }
        }
    }
}
