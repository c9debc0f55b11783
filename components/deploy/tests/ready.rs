//! `/ready`: what it asks the cluster, and what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use deploy::ROUTES;
use nokube_test_host::TestHost;
use serde_json::{Value, json};
use std::rc::Rc;

const CLUSTER: &str = "https://cluster.example.org";
const REVIEW: &str = "https://cluster.example.org/apis/authentication.k8s.io/v1/selfsubjectreviews";
const ACCESS_REVIEW: &str =
    "https://cluster.example.org/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const GATEWAY: &str = "https://cluster.example.org/apis/gateway.networking.k8s.io/v1/namespaces/gateway/gateways/main";
const CLASSES: &str = "https://cluster.example.org/apis/networking.k8s.io/v1/ingressclasses";

fn platform(settings: &[(&str, &str)]) -> Rc<TestHost> {
    let host = TestHost::install();
    host.set("kubernetes_api_url", CLUSTER);
    host.set("apps_domain", "apps.example.org");
    host.set("apps_entrance_namespace", "ingress");
    for (name, value) in settings {
        host.set(name, value);
    }
    host
}

const ON_GATEWAY: [(&str, &str); 2] =
    [("apps_routing", "gateway"), ("apps_gateway", "gateway/main")];

#[track_caller]
fn check(host: &Rc<TestHost>, path: &str, ok: bool, texts: &[&str]) {
    let health = host.anybody(ROUTES).get(path).expect(200);
    assert_eq!(health["ok"], ok, "{health}");
    let detail = health["detail"].as_str().unwrap();
    assert!(texts.iter().all(|text| detail.contains(text)), "{texts:?} in {detail}");
}

fn requests(host: &TestHost) -> usize {
    ["GET", "POST", "PATCH"].iter().map(|method| host.sent(method, CLUSTER).len()).sum()
}

fn status(code: u16, message: &str) -> Value {
    json!({ "kind": "Status", "status": "Failure", "code": code, "message": message })
}

#[test]
fn while_the_api_server_is_away_one_request_is_sent() {
    let host = platform(&[]);
    check(&host, "/ready/cluster", false, &["refuses the connection"]);
    assert_eq!(requests(&host), 1);
    check(&host, "/ready/routing", false, &["refuses the connection"]);
    assert_eq!(requests(&host), 2);
}

#[test]
fn an_overloaded_api_server_and_a_wrong_token_end_the_check_too() {
    for (code, text) in [(503, "too busy"), (429, "too busy"), (401, "kubernetes_token")] {
        let host = platform(&[]);
        host.respond("POST", CLUSTER, code, &status(code, "x"));
        check(&host, "/ready/cluster", false, &[text]);
        assert_eq!(requests(&host), 1, "{code}");
    }
}

#[test]
fn an_api_server_that_goes_away_during_the_check_is_not_asked_everything_again() {
    let host = platform(&[]);
    host.respond("POST", REVIEW, 201, &json!({}));
    check(&host, "/ready/cluster", false, &["refuses the connection"]);
    assert_eq!(host.sent("POST", ACCESS_REVIEW).len(), 1);
}

#[test]
fn each_permission_is_reviewed_once() {
    let host = platform(&[]);
    host.respond("POST", REVIEW, 201, &json!({}));
    host.respond("POST", ACCESS_REVIEW, 201, &json!({ "status": { "allowed": true } }));
    check(&host, "/ready/cluster", true, &["all permissions"]);
    let mut reviews = host.sent("POST", ACCESS_REVIEW);
    let count = reviews.len();
    reviews.sort_unstable();
    reviews.dedup();
    assert!(count > 50 && reviews.len() == count, "{count}");
}

#[test]
fn a_policy_that_the_cluster_does_not_enforce_is_named_by_its_file() {
    let host = platform(&[("kubernetes_role", "nokube-deployer")]);
    host.respond("POST", REVIEW, 201, &json!({}));
    host.respond("POST", ACCESS_REVIEW, 201, &json!({ "status": { "allowed": true } }));
    host.respond("PATCH", CLUSTER, 422, &status(422, "denied"));
    check(&host, "/ready/cluster", true, &["all permissions"]);
    let services = format!("{CLUSTER}/api/v1/namespaces/nokube-preview/services");
    host.respond("PATCH", &services, 201, &json!({}));
    check(&host, "/ready/cluster", false, &["apply ops/admission/network.yaml with your values"]);
    let urls = host.sent_urls();
    let tried: Vec<_> = urls.iter().filter(|url| url.contains("policy-check")).collect();
    assert_eq!(tried.len(), 6);
    assert!(tried.iter().all(|url| url.contains("dryRun=true") || url.contains("dryRun=All")));
}

fn healthy_gateway() -> Value {
    let well = |kind: &str| json!({ "type": kind, "status": "True", "reason": kind });
    let listener = |name: &str| json!({ "name": name, "conditions": [well("Programmed")] });
    json!({
        "metadata": { "name": "main", "namespace": "gateway" },
        "spec": { "listeners": [{ "name": "http" }, { "name": "https" }] },
        "status": {
            "conditions": [well("Accepted"), well("Programmed")],
            "listeners": [listener("http"), listener("https")],
        },
    })
}

#[test]
fn a_gateway_that_serves_requests_is_well() {
    let host = platform(&ON_GATEWAY);
    host.respond("GET", GATEWAY, 200, &healthy_gateway());
    check(&host, "/ready/routing", true, &["gateway/main serves requests"]);
}

#[test]
fn a_gateway_or_listener_that_is_missing_makes_the_platform_not_ready() {
    let host = platform(&ON_GATEWAY);
    host.respond("GET", GATEWAY, 404, &status(404, "not found"));
    check(&host, "/ready/routing", false, &["gateway/main does not exist"]);
    let mut gateway = healthy_gateway();
    gateway["status"]["conditions"][1] = json!({
        "type": "Programmed", "status": "False", "reason": "AddressNotAssigned",
        "message": "no address is free",
    });
    gateway["status"]["listeners"] = json!([]);
    host.respond("GET", GATEWAY, 200, &gateway);
    check(&host, "/ready/routing", false, &["does not serve requests", "no address is free"]);
    let mut gateway = healthy_gateway();
    gateway["spec"]["listeners"] = json!([{ "name": "https" }]);
    host.respond("GET", GATEWAY, 200, &gateway);
    check(&host, "/ready/routing", false, &["no listener 'http'"]);
}

#[test]
fn with_certificates_a_gateway_needs_no_listener_without_them() {
    let host = platform(&[ON_GATEWAY[0], ON_GATEWAY[1], ("apps_certificates", "shared")]);
    let mut gateway = healthy_gateway();
    gateway["spec"]["listeners"] = json!([{ "name": "https" }]);
    host.respond("GET", GATEWAY, 200, &gateway);
    check(&host, "/ready/routing", true, &["no listener 'http'"]);
    gateway["spec"]["listeners"] = json!([{ "name": "http" }]);
    host.respond("GET", GATEWAY, 200, &gateway);
    check(&host, "/ready/routing", false, &["no listener 'https'"]);
}

#[test]
fn an_ingress_class_that_is_missing_makes_the_platform_not_ready() {
    let class = |name: &str| json!({ "items": [{ "metadata": { "name": name } }] });
    let host = platform(&[("apps_ingress_class", "public")]);
    host.respond("GET", CLASSES, 200, &class("public"));
    check(&host, "/ready/routing", true, &["public exists"]);
    host.respond("GET", CLASSES, 200, &class("other"));
    check(&host, "/ready/routing", false, &["'public' does not exist"]);
}

#[test]
fn without_a_class_the_clusters_default_one_is_used() {
    let host = platform(&[]);
    host.respond("GET", CLASSES, 200, &json!({ "items": [] }));
    check(&host, "/ready/routing", true, &["no IngressClass is the default"]);
    let annotations = json!({ "ingressclass.kubernetes.io/is-default-class": "true" });
    let classes = json!({ "items": [{ "metadata": { "name": "a", "annotations": annotations } }] });
    host.respond("GET", CLASSES, 200, &classes);
    check(&host, "/ready/routing", true, &["has a default IngressClass"]);
}

const DENIED: &str = "gateways.gateway.networking.k8s.io \"main\" is forbidden: User \"deployer\" \
                      cannot get resource \"gateways\" in API group \"gateway.networking.k8s.io\"";

#[test]
fn with_the_permissions_of_an_older_version_the_platform_is_ready_and_names_what_is_missing() {
    let host = platform(&ON_GATEWAY);
    host.respond("GET", GATEWAY, 403, &status(403, DENIED));
    let missing = ["get gateways.gateway.networking.k8s.io", "ops/rbac.yaml"];
    check(&host, "/ready/routing", true, &missing);
}

#[test]
fn with_an_ingress_it_names_the_permission_on_classes() {
    let host = platform(&[("apps_ingress_class", "public")]);
    host.respond("GET", CLASSES, 403, &status(403, DENIED));
    let missing = ["list ingressclasses.networking.k8s.io", "ops/rbac.yaml"];
    check(&host, "/ready/routing", true, &missing);
}

#[test]
fn an_issuer_without_cert_manager_is_reported() {
    let host = platform(&[("apps_certificates", "issuer:letsencrypt")]);
    host.respond("GET", CLASSES, 200, &json!({ "items": [] }));
    let certificates = format!("{CLUSTER}/apis/cert-manager.io/");
    host.respond("GET", &certificates, 404, &status(404, "the server could not find it"));
    check(&host, "/ready/routing", false, &["issuer:letsencrypt", "cert-manager is not installed"]);
    host.respond("GET", &certificates, 403, &status(403, DENIED));
    check(&host, "/ready/routing", true, &["list certificates.cert-manager.io"]);
}

/// Runs in another thread, because valid settings are cached in a thread.
fn in_new_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(run).join().unwrap()
}

/// Checks what is said of images in an installation that this release began, or an earlier one.
fn check_images(is_old: bool, foreign_images: &'static str, texts: &'static [&'static str]) {
    in_new_thread(move || {
        let host = platform(&[("foreign_images", foreign_images)]);
        check(&host, "/ready/images", true, if is_old { &[] } else { texts });
        host.create_project("alice", "myapp");
        if is_old {
            host.forget(&["installation"]);
        }
        check(&host, "/ready/images", true, texts);
    });
}

#[test]
fn it_says_which_registries_are_allowed_and_why() {
    check_images(false, "", &["docker.io, ghcr.io, quay.io"]);
    let old = &["any public registry", "older than its list", "set foreign_images to well-known"];
    check_images(true, "", old);
    for is_old in [false, true] {
        check_images(is_old, "registry.example.org", &["images of registry.example.org"]);
        check_images(is_old, "none", &["built here only"]);
        check_images(is_old, "*", &["any public registry. Somebody's public name"]);
    }
}

/// The settings that are wrong, and why.
fn wrong_settings(settings: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let settings: Vec<_> =
        settings.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    in_new_thread(move || {
        let settings: Vec<_> = settings.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let report = platform(&settings).anybody(ROUTES).get("/ready").expect(200);
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = report["errors"].as_array().unwrap().iter();
        errors.map(|error| (text(error, "field"), text(error, "detail"))).collect()
    })
}

#[test]
fn a_list_of_registries_that_no_image_can_match_is_a_wrong_setting() {
    let errors = wrong_settings(&[("foreign_images", "well-known, nginx")]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].0 == "foreign_images" && errors[0].1.contains("list of registries"));
}

#[test]
fn hosts_by_owner_need_certificates_of_their_own() {
    let by_owner = |certificates| {
        wrong_settings(&[("apps_host_layout", "by_owner"), ("apps_certificates", certificates)])
    };
    for possible in ["issuer:letsencrypt", "none"] {
        assert_eq!(by_owner(possible), [], "{possible}");
    }
    let errors = by_owner("shared");
    assert!(errors.len() == 1 && errors[0].0 == "apps_host_layout", "{errors:?}");
    assert!(errors[0].1.contains("covers one label") && errors[0].1.contains("issuer:NAME"));
    let errors = wrong_settings(&[("apps_host_layout", "per-owner")]);
    assert_eq!(errors, [("apps_host_layout".into(), "must be flat or by_owner".into())]);
}

#[test]
fn the_apps_domain_leaves_room_for_the_longest_host() {
    for (layout, most) in [("flat", 189), ("by_owner", 125)] {
        let errors = |length: usize| {
            let label = format!("{}.", "a".repeat(48));
            let domain = format!("{}.org", &label.repeat(4)[..length - ".org".len()]);
            wrong_settings(&[("apps_host_layout", layout), ("apps_domain", &domain)])
        };
        assert_eq!(errors(most), [], "{layout}");
        let found = errors(most + 1);
        assert!(found.len() == 1 && found[0].0 == "apps_domain", "{layout}: {found:?}");
        assert!(found[0].1.contains(&format!("at most {most} characters")), "{found:?}");
    }
}

#[test]
fn without_a_domain_for_services_there_is_nothing_to_check() {
    let host = TestHost::install();
    host.set("kubernetes_api_url", CLUSTER);
    assert_eq!(host.anybody(ROUTES).get("/ready/routing").status, 204);
    assert_eq!(requests(&host), 0);
}

#[test]
fn annotations_of_previews_are_a_json_object_of_strings() {
    let good = r#"{ "haproxy.org/response-set-header": "X-Robots-Tag noindex" }"#;
    for (value, text) in [
        ("", ""),
        (good, ""),
        ("X-Robots-Tag noindex", "must be a JSON object of strings"),
        (r#"{ "a": true }"#, "must be a JSON object of strings"),
        (r#"{ "a b": "c" }"#, "has \"a b\", which is no name of an annotation"),
    ] {
        let errors = wrong_settings(&[("preview_ingress_annotations", value)]);
        assert_eq!(errors.is_empty(), text.is_empty(), "{value}: {errors:?}");
        for (field, detail) in errors {
            assert!(field == "preview_ingress_annotations" && detail.contains(text), "{detail}");
        }
    }
}
