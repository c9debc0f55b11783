//! Hostile input: a user's text stays one value in all manifests, and secrets appear only in Secrets.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, gateway, own_build, platform};
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
    redact::{self, REDACTED},
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The paths of all nested values.
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

/// A deployment whose free texts are all `text`, or `short` where the length is limited.
fn fixture_with_text(text: &str, short: &str) -> Fixture {
    let mut more = own_build();
    let all = json!({
        "display_name": short, "description": short,
        "env_vars": { "A": text, "B": "plain" }, "secrets": { "S": text },
        "command": ["sh", text], "args": [short],
        "storage_size": "1Gi", "storage_path": format!("/{}", path_of(short)),
    });
    more.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    fixture(more)
}

/// The characters of a text that a path may contain.
fn path_of(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && !":./".contains(*c)).collect();
    format!("data{}", plain.chars().take(20).collect::<String>())
}

/// The paths of all manifests by kind, because the names of some objects depend on their content.
fn structure(fixture: &Fixture, platform: &Platform) -> Vec<(Kind, BTreeSet<String>)> {
    fixture.manifests(platform).all().map(|m| (m.kind, paths(&m.body))).collect()
}

/// The documents of a YAML text.
fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml_ng::Deserializer::from_str(text);
    documents.map(|document| Value::deserialize(document).unwrap()).collect()
}

#[track_caller]
fn assert_stays_one_value(text: &str) {
    let short: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(100).collect();
    let short = if short.is_empty() { "x".into() } else { short };
    let fixture = fixture_with_text(text, &short);
    for platform in [platform(), gateway()] {
        assert_eq!(
            structure(&fixture, &platform),
            structure(&fixture_with_text("x", "x"), &platform),
            "{text:?}"
        );
        let manifests = fixture.manifests(&platform);
        let yaml = redact::to_yaml(manifests.all());
        for (kind, yaml) in yaml {
            let kind = Kind::from_name(kind).unwrap();
            let of_kind = manifests.all().filter(|m| m.kind == kind);
            let expected: Vec<_> = of_kind.map(redact::redacted).collect();
            assert_eq!(documents(&yaml), expected, "{text:?}");
        }
        let config = fixture.object(&platform, Kind::ConfigMap).unwrap();
        assert_eq!(config["data"]["A"], text);
        let workload = manifests.workload.body;
        assert_eq!(workload["metadata"]["annotations"]["nokube.dev/display-name"], short);
        let container = &workload["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(
            (&container["command"], &container["args"]),
            (&json!(["sh", text]), &json!([short]))
        );
    }
}

/// Texts that mean something in YAML, in templates, in shells or on terminals.
const HOSTILE: &[&str] = &[
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
];

#[test]
fn hostile_text_stays_one_value() {
    for text in HOSTILE {
        assert_stays_one_value(text);
    }
    assert_stays_one_value(&"long ".repeat(2_000));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_text_stays_one_value(text in "[^\0]{1,30}|[\n\r\t :#'\"{}\\[\\]&*!|>%@`-]{1,12}") {
        assert_stays_one_value(&text);
    }
}

#[test]
fn secret_values_appear_only_in_secrets() {
    let fixture =
        fixture(json!({ "secrets": { "KEY": "SENTINEL" }, "env_vars": { "A": "shown" } }));
    let ours = Fixture { state: fixture_with_text("x", "x").state, ..fixture.clone() };
    for fixture in [&fixture, &ours] {
        let manifests = fixture.manifests(&platform());
        let encoded = ["SENTINEL", "U0VOVElORUw", "T0KEN", "VDBLRU4", "Ym90OlQwS0VO"];
        for manifest in manifests.all().filter(|m| m.kind != Kind::Secret) {
            let text = manifest.body.to_string();
            assert!(
                !encoded.iter().any(|part| text.contains(part)),
                "{}",
                manifest.kind_and_name()
            );
        }
        let yaml = redact::to_yaml(manifests.all());
        let all = format!("{yaml:?}{:?}{:?}", fixture.secrets, platform());
        assert!(!encoded.iter().any(|part| all.contains(part)), "{all}");
        assert!(yaml["Secret"].contains(REDACTED) && yaml["Deployment"].contains("frontend"));
    }
    let secret = fixture.object(&platform(), Kind::Secret).unwrap();
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

/// Without the values there is no Secret manifest, and the Secret in the cluster stays as it is.
#[test]
fn without_secret_values_the_secret_is_left_out() {
    let fixture = fixture(json!({ "secrets": { "KEY": "SENTINEL" } }));
    let manifests = nokube_kube::Manifests::new(&platform(), &fixture.input(), None);
    assert!(!manifests.all().any(|m| m.kind == Kind::Secret));
    assert_eq!(manifests.workload, fixture.manifests(&platform()).workload);
}

/// A round trip through Kubernetes' own type loses nothing, so all fields exist in that type.
fn assert_round_trip<T: DeserializeOwned + Serialize>(manifest: &Manifest) {
    let read: T = serde_json::from_value(manifest.body.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), manifest.body, "{}", manifest.kind_and_name());
}

#[test]
fn all_fields_exist_in_kubernetes_own_types() {
    let scaled =
        json!({ "enable_autoscaling": true, "secrets": { "S": "1" }, "enable_https": true });
    let fixtures = [
        fixture(json!({ "liveness_check_path": "/x", "env_vars": { "A": "1" } })),
        fixture(json!({ "service_type": "worker" })),
        fixture(scaled),
        fixture_with_text("x", "x"),
    ];
    for fixture in &fixtures {
        for (platform, level) in
            [(platform(), PodSecurity::Restricted), (gateway(), PodSecurity::Baseline)]
        {
            let platform = Platform { pod_security: level, ..platform };
            let input = fixture.input();
            let mut manifests: Vec<_> = fixture.manifests(&platform).all().cloned().collect();
            manifests.push(namespace(&platform, &input.tenant));
            manifests.push(role_binding(&input.tenant, "role", "user"));
            for manifest in &manifests {
                assert_eq!(manifest.body["kind"], manifest.kind.name());
                assert_eq!(manifest.body["apiVersion"], manifest.kind.api_version());
                match manifest.kind {
                    Kind::Namespace => assert_round_trip::<Namespace>(manifest),
                    Kind::ResourceQuota => assert_round_trip::<ResourceQuota>(manifest),
                    Kind::LimitRange => assert_round_trip::<LimitRange>(manifest),
                    Kind::ServiceAccount => assert_round_trip::<ServiceAccount>(manifest),
                    Kind::ConfigMap => assert_round_trip::<ConfigMap>(manifest),
                    Kind::Secret => assert_round_trip::<Secret>(manifest),
                    Kind::PersistentVolumeClaim => {
                        assert_round_trip::<PersistentVolumeClaim>(manifest)
                    }
                    Kind::Service => assert_round_trip::<Service>(manifest),
                    Kind::Deployment => assert_round_trip::<Deployment>(manifest),
                    Kind::NetworkPolicy => assert_round_trip::<NetworkPolicy>(manifest),
                    Kind::Ingress => assert_round_trip::<Ingress>(manifest),
                    Kind::HorizontalPodAutoscaler => {
                        assert_round_trip::<HorizontalPodAutoscaler>(manifest)
                    }
                    Kind::PodDisruptionBudget => assert_round_trip::<PodDisruptionBudget>(manifest),
                    Kind::RoleBinding => assert_round_trip::<RoleBinding>(manifest),
                    Kind::HttpRoute => {}
                    Kind::Pod
                    | Kind::Event
                    | Kind::ReplicaSet
                    | Kind::StorageClass
                    | Kind::IngressClass
                    | Kind::Gateway
                    | Kind::Certificate => panic!("this kind is never applied"),
                }
            }
        }
    }
}
