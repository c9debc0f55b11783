//! What a preview has in the cluster, and that it cannot reach what belongs to its service.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Fixture, fixture, gateway, part, platform, preview_of};
use nokube_domain::name::preview_service_name;
use nokube_kube::{
    Kind, Platform,
    labels::is_annotation_key,
    manifest::namespace,
    observe::{NamespaceStatus, PartialObject, namespace_status},
    platform::Certificates,
};
use serde_json::{Value, json};

/// The preview of pull request 7 of a service with these fields.
fn preview_on(platform: &Platform, more: Value) -> Fixture {
    preview_of(&fixture(more), platform)
}

/// A service with everything that a preview must not have.
fn rich() -> Value {
    json!({
        "custom_domain": "shop.example.org", "enable_https": true, "env_vars": { "A": "1" },
        "secrets": { "B": "2" }, "storage_size": "1Gi", "storage_path": "/data",
    })
}

fn peers(policy: &Value, direction: &str) -> Vec<Value> {
    let pointer = match direction {
        "ingress" => "/spec/ingress/0/from",
        _ => "/spec/egress/1/to",
    };
    part(policy, pointer).as_array().unwrap().clone()
}

#[test]
fn a_preview_has_one_pod_without_the_volume_variables_and_domain_of_its_service() {
    let platform = platform();
    let preview = preview_on(&platform, rich());
    let manifests = preview.manifests(&platform);
    assert!(manifests.all().all(|object| object.kind != Kind::PersistentVolumeClaim));
    let workload = &manifests.workload.body;
    assert_eq!(workload["metadata"]["name"], "pr-7-frontend");
    assert_eq!(workload["metadata"]["namespace"], "nk-testuser-myapp-previews");
    assert_eq!(workload["spec"]["replicas"], 1);
    assert!(part(workload, "/spec/template/spec").get("volumes").is_none(), "{workload:#}");
    let host = "frontend-myapp---pr7-testuser.apps.example.com";
    let variables = preview.object(&platform, Kind::ConfigMap).unwrap();
    let expected =
        json!({ "MODE": "preview", "PR_NUMBER": "7", "PREVIEW_URL": format!("https://{host}") });
    assert_eq!(variables["data"], expected);
    let ingress = preview.object(&platform, Kind::Ingress).unwrap();
    assert_eq!(ingress["spec"]["rules"][0]["host"], host);
    assert_eq!(ingress["spec"]["rules"][0]["http"]["paths"][0]["path"], "/");
}

#[test]
fn a_preview_keeps_how_its_service_is_exposed() {
    let platform = platform();
    let url = |fields: Value| {
        let preview = preview_on(&platform, fields);
        let variables = preview.object(&platform, Kind::ConfigMap).unwrap();
        variables["data"].get("PREVIEW_URL").cloned()
    };
    assert_eq!(
        url(json!({})),
        Some("http://frontend-myapp---pr7-testuser.apps.example.com".into())
    );
    let inside = url(json!({ "exposure_type": "internal" }));
    assert_eq!(inside, Some("http://pr-7-frontend-service:8000".into()));
    assert_eq!(url(json!({ "exposure_type": "none" })), None);
}

#[test]
fn search_engines_are_told_not_to_index_a_preview() {
    let header = json!({ "type": "ResponseHeaderModifier", "responseHeaderModifier": {
        "set": [{ "name": "X-Robots-Tag", "value": "noindex, nofollow" }],
    }});
    let route = |fixture: &Fixture| fixture.object(&gateway(), Kind::HttpRoute).unwrap();
    let preview = route(&preview_on(&gateway(), json!({ "custom_path": "/shop" })));
    assert_eq!(preview["spec"]["rules"][0]["filters"], json!([header]));
    assert!(!route(&fixture(json!({}))).to_string().contains("X-Robots-Tag"));

    let mut ingresses = platform();
    ingresses.apps.as_mut().unwrap().certificates = Certificates::Issuer("acme".into());
    let annotation = ("example.org/headers".to_owned(), "noindex".to_owned());
    ingresses.preview_ingress_annotations = [annotation].into();
    let secure = json!({ "enable_https": true });
    let preview = preview_on(&ingresses, secure.clone()).object(&ingresses, Kind::Ingress).unwrap();
    let expected =
        json!({ "example.org/headers": "noindex", "cert-manager.io/cluster-issuer": "acme" });
    assert_eq!(preview["metadata"]["annotations"], expected);
    let service = fixture(secure).object(&ingresses, Kind::Ingress).unwrap();
    let expected = json!({ "cert-manager.io/cluster-issuer": "acme" });
    assert_eq!(service["metadata"]["annotations"], expected);
}

#[test]
fn the_namespace_of_previews_is_the_platforms_and_has_limits_of_its_own() {
    let platform = platform();
    let (service, preview) = (fixture(rich()), preview_on(&platform, rich()));
    let previews = preview.input().tenant;
    let body = namespace(&platform, &previews).body;
    assert_eq!(body["metadata"]["labels"]["nokube.dev/previews"], "true");
    let project = namespace(&platform, &service.input().tenant).body;
    assert!(project["metadata"]["labels"].get("nokube.dev/previews").is_none());
    let found: PartialObject = serde_json::from_value(json!({ "metadata": {
        "name": body["metadata"]["name"], "uid": "1", "resourceVersion": "1",
        "labels": body["metadata"]["labels"],
    }}))
    .unwrap();
    let status = namespace_status(Some(&found), &platform, &previews);
    assert_eq!(status, NamespaceStatus::Owned { stale: false });

    let quota = |fixture: &Fixture| {
        fixture.object(&platform, Kind::ResourceQuota).unwrap()["spec"]["hard"].clone()
    };
    let (hard, projects) = (quota(&preview), quota(&service));
    assert_eq!(hard["persistentvolumeclaims"], "0");
    assert_eq!(hard["requests.storage"], "0");
    assert_eq!(
        (&hard["count/deployments.apps"], &hard["count/services"]),
        (&"40".into(), &"40".into())
    );
    // Each preview has one release that is deployed, one that still runs, and a new one.
    assert_eq!(hard["count/configmaps"], (40 * 3 + 5).to_string());
    for same in ["requests.cpu", "limits.memory", "pods", "services.loadbalancers"] {
        assert_eq!(hard[same], projects[same], "{same}");
    }
    for object in preview.manifests(&platform).all() {
        assert_eq!(object.body["metadata"]["namespace"], "nk-testuser-myapp-previews");
    }
}

/// By the policies of both namespaces: each lets in its own pods and those of the ingress controller, and lets out to its
/// own pods, DNS, the ingress controller and public addresses.
#[test]
fn previews_and_services_cannot_reach_each_other() {
    let platform = platform();
    let ingress_controller = json!({ "namespaceSelector": {
        "matchLabels": { "kubernetes.io/metadata.name": "ingress" },
    }});
    let own_pods = json!({ "podSelector": {} });
    for fixture in [fixture(rich()), preview_on(&platform, rich())] {
        let manifests = fixture.manifests(&platform);
        let policies: Vec<_> =
            manifests.all().filter(|object| object.kind == Kind::NetworkPolicy).collect();
        let [default, own] = policies.as_slice() else { panic!("{policies:?}") };
        assert_eq!(default.name, "nokube.default");
        assert_eq!(default.body["spec"]["podSelector"], json!({}), "all pods of the namespace");
        assert_eq!(default.body["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        assert_eq!(peers(&default.body, "ingress"), std::slice::from_ref(&own_pods));
        let out = peers(&default.body, "egress");
        let (blocks, rest): (Vec<_>, Vec<_>) =
            out.iter().partition(|peer| peer.get("ipBlock").is_some());
        assert_eq!(rest, [&own_pods, &ingress_controller]);
        // Pods have private addresses.
        for block in blocks {
            let except = block["ipBlock"]["except"].to_string();
            assert!(except.contains("10.0.0.0/8") || except.contains("fc00::/7"), "{block}");
        }
        assert_eq!(peers(&own.body, "ingress"), std::slice::from_ref(&ingress_controller));
        let id = &own.body["spec"]["podSelector"]["matchLabels"]["nokube.dev/deployment"];
        assert_eq!(id, &common::id().to_string());
    }
}

#[test]
fn the_longest_names_make_valid_objects() {
    let platform = platform();
    let preview = preview_on(&platform, json!({ "service_name": "s".repeat(40) }));
    let name = preview_service_name(&"s".repeat(40).parse().unwrap(), 7);
    for object in preview.manifests(&platform).all() {
        // These may have longer names.
        let is_subdomain =
            matches!(object.kind, Kind::ConfigMap | Kind::Secret | Kind::NetworkPolicy);
        assert!(is_subdomain || object.name.len() <= 63, "{}", object.kind_and_name());
    }
    assert_eq!(preview.manifests(&platform).workload.name, name.as_str());
}

/// As Kubernetes itself accepts them.
#[test]
fn the_operators_annotations_have_keys_of_kubernetes() {
    let long = "a".repeat(63);
    for key in ["headers", "haproxy.org/response-set-header", "a.b-c.d/E_f.9", &long] {
        assert!(is_annotation_key(key), "{key}");
    }
    let longer = "a".repeat(64);
    for key in ["", "/a", "a/", "A/b", "a//b", "a/b/c", "-a", "a.", "a b", "a..b/c", &longer] {
        assert!(!is_annotation_key(key), "{key}");
    }
}
