//! Ingresses, HTTPRoutes, NetworkPolicies and addresses.

// Test helpers may panic: that fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{fixture, gateway, part, platform};
use nokube_kube::{
    Kind,
    platform::{Certificates, HostLayout, Routing},
};
use serde_json::{Value, json};

#[test]
fn ingress_routes_by_host_with_the_chosen_certificates() {
    let host = "frontend-myapp-testuser.apps.example.com";
    let ingress = |more: Value, certificates: Certificates| {
        let mut platform = platform();
        platform.apps.as_mut().unwrap().certificates = certificates;
        fixture(more).object(&platform, Kind::Ingress).unwrap()
    };
    let plain = ingress(json!({}), Certificates::None);
    assert_eq!(plain["spec"]["ingressClassName"], "traefik");
    let rule = json!({ "host": host, "http": { "paths": [{
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": "frontend-service", "port": { "number": 8000 } } },
    }]}});
    assert_eq!(plain["spec"]["rules"], json!([rule]));
    assert!(plain["spec"].get("tls").is_none() && plain["metadata"].get("annotations").is_none());
    let shared = ingress(json!({ "enable_https": true }), Certificates::Shared);
    assert_eq!(shared["spec"]["tls"], json!([{ "hosts": [host] }]));
    let issuer = || Certificates::Issuer("letsencrypt".into());
    let own = ingress(json!({ "enable_https": true }), issuer());
    assert_eq!(own["spec"]["tls"], json!([{ "hosts": [host], "secretName": "frontend-tls" }]));
    let annotations = json!({ "cert-manager.io/cluster-issuer": "letsencrypt" });
    assert_eq!(own["metadata"]["annotations"], annotations);
    assert!(ingress(json!({}), issuer())["metadata"].get("annotations").is_none());
    let custom = ingress(json!({ "custom_domain": "shop.example.org" }), Certificates::None);
    assert_eq!(custom["spec"]["rules"][0]["host"], "shop.example.org");
    // The path was configured while the platform used the Gateway API. The Ingress serves only that path, too.
    let path = ingress(json!({ "custom_path": "/shop" }), Certificates::None);
    assert_eq!(path["spec"]["rules"][0]["http"]["paths"][0]["path"], "/shop");
    let mut bare = platform();
    bare.apps.as_mut().unwrap().routing = Routing::Ingress { class: None };
    let default = fixture(json!({})).object(&bare, Kind::Ingress).unwrap();
    assert!(default["spec"].get("ingressClassName").is_none());
}

#[test]
fn http_route_strips_the_path_prefix_of_a_service() {
    let route = |more: Value| fixture(more).object(&gateway(), Kind::HttpRoute).unwrap();
    let plain = route(json!({}));
    let parent =
        |listener| json!([{ "name": "edge", "namespace": "gateways", "sectionName": listener }]);
    assert_eq!(plain["apiVersion"], "gateway.networking.k8s.io/v1");
    assert_eq!(plain["spec"]["parentRefs"], parent("web"));
    assert_eq!(plain["spec"]["hostnames"], json!(["frontend-myapp-testuser.apps.example.com"]));
    let rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }],
        "backendRefs": [{ "name": "frontend-service", "port": 8000 }],
    });
    assert_eq!(plain["spec"]["rules"], json!([rule]));
    let path = route(json!({ "custom_path": "/shop/", "enable_https": true }));
    assert_eq!(path["spec"]["parentRefs"], parent("websecure"));
    assert_eq!(path["spec"]["hostnames"], json!(["myapp-testuser.apps.example.com"]));
    let rule = part(&path, "/spec/rules/0");
    assert_eq!(rule["matches"][0]["path"]["value"], "/shop");
    let strip = json!({ "type": "ReplacePrefixMatch", "replacePrefixMatch": "/" });
    assert_eq!(rule["filters"], json!([{ "type": "URLRewrite", "urlRewrite": { "path": strip } }]));
}

#[test]
fn with_hosts_by_owner_every_object_names_the_same_host() {
    let by_owner = |mut platform: nokube_kube::Platform| {
        platform.apps.as_mut().unwrap().host_layout = HostLayout::ByOwner;
        platform
    };
    let mut ingresses = by_owner(platform());
    ingresses.apps.as_mut().unwrap().certificates = Certificates::Issuer("letsencrypt".into());
    let service = fixture(json!({ "enable_https": true }));
    let host = "frontend-myapp.testuser.apps.example.com";
    let ingress = service.object(&ingresses, Kind::Ingress).unwrap();
    assert_eq!(ingress["spec"]["rules"][0]["host"], host);
    assert_eq!(ingress["spec"]["tls"], json!([{ "hosts": [host], "secretName": "frontend-tls" }]));
    let url = ingresses.access_url(&service.project, &service.state.release.spec);
    assert_eq!(url, Some(format!("https://{host}")));
    let service = fixture(json!({ "custom_path": "/shop" }));
    let route = service.object(&by_owner(gateway()), Kind::HttpRoute).unwrap();
    assert_eq!(route["spec"]["hostnames"], json!(["myapp.testuser.apps.example.com"]));
    let service = fixture(json!({ "custom_domain": "shop.example.org" }));
    let ingress = service.object(&ingresses, Kind::Ingress).unwrap();
    assert_eq!(ingress["spec"]["rules"][0]["host"], "shop.example.org");
}

#[test]
fn access_url_matches_the_route() {
    let table = [
        (json!({}), Some("http://frontend-myapp-testuser.apps.example.com")),
        (json!({ "enable_https": true }), Some("https://frontend-myapp-testuser.apps.example.com")),
        (json!({ "custom_path": "/shop" }), Some("http://myapp-testuser.apps.example.com/shop")),
        (json!({ "custom_domain": "shop.example.org" }), Some("http://shop.example.org")),
        (json!({ "exposure_type": "internal" }), Some("http://frontend-service:8000")),
        (json!({ "exposure_type": "none" }), None),
    ];
    for (more, url) in table {
        let fixture = fixture(more);
        let access_url = gateway().access_url(&fixture.project, &fixture.state.release.spec);
        assert_eq!(access_url.as_deref(), url);
    }
}

#[test]
fn only_the_ingress_controller_reaches_a_service_from_other_namespaces() {
    let policy = fixture(json!({ "container_port": 80 })).object(&platform(), Kind::NetworkPolicy);
    let policy = policy.unwrap();
    let from = json!([{ "namespaceSelector": {
        "matchLabels": { "kubernetes.io/metadata.name": "ingress" },
    }}]);
    assert_eq!(policy["spec"]["ingress"][0]["from"], from);
    assert_eq!(policy["spec"]["ingress"][0]["ports"], json!([{ "port": 80, "protocol": "TCP" }]));
    let selector = part(&policy, "/spec/podSelector/matchLabels").as_object().unwrap().clone();
    let labels = fixture(json!({})).workload();
    let labels = part(&labels, "/spec/template/metadata/labels");
    assert!(selector.iter().all(|(name, value)| labels.get(name) == Some(value)));
}

/// kube-proxy sends requests to an external address of the cluster's own ingress to a pod of it, and policies see the
/// pod's address.
#[test]
fn services_reach_the_public_addresses_of_the_clusters_own_ingress() {
    let egress = |platform: &nokube_kube::Platform| {
        let manifests = fixture(json!({})).manifests(platform);
        let policy = manifests.all().find(|object| object.name == "nokube.default").unwrap();
        policy.body["spec"]["egress"].to_string()
    };
    let peer = r#"{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}}"#;
    assert!(egress(&platform()).contains(peer), "{}", egress(&platform()));
    let without = nokube_kube::Platform { apps: None, ..platform() };
    assert!(!egress(&without).contains(peer));
}
