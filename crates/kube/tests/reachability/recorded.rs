//! What a real controller says.

use crate::story::{Story, found, list};
use nokube_domain::deployments::Reachable;
use nokube_kube::observe::Lookup;
use serde_json::Value;

/// The Gateway and the route as the API server had them, with Traefik 3.6 as the controller.
fn recorded(name: &str) -> Story {
    let all: Value = serde_json::from_str(include_str!("../recorded/routing.json")).unwrap();
    let mut story = Story::on_gateway();
    story.objects.routes = list([all[name]["route"].clone()]);
    story.objects.gateway = match &all[name]["gateway"] {
        Value::Null => Lookup::Absent,
        gateway => found(gateway.clone()),
    };
    story
}

#[test]
fn what_traefik_says_is_understood() {
    assert!(recorded("accepted").expect(Reachable::Yes).is_empty());
    let route = |reason| ("route_rejected", reason, "HTTPRoute frontend");
    let gateway = |reason| ("gateway_not_ready", reason, "Gateway gateways/edge");
    for (name, issue, text) in [
        ("not-allowed", route("NotAllowedByListeners"), "namespace nk-testuser-myapp"),
        ("another-host", route("NoMatchingListenerHostname"), "does not serve the host"),
        ("no-service", route("BackendNotFound"), "service \\\"frontend-service\\\" not found"),
        ("another-namespace", route("RefNotPermitted"), "missing ReferenceGrant"),
        ("no-gateway", gateway(""), "gateways/edge does not exist"),
        ("no-listener", gateway(""), "no listener 'websecure'. Its listeners are web, tls."),
        ("no-port", gateway("PortUnavailable"), "no matching entryPoint for port 8443"),
        (
            "no-certificate",
            ("certificate_not_ready", "InvalidCertificateRef", "Gateway gateways/edge"),
            "secret \\\"missing\\\" not found",
        ),
    ] {
        println!("{name}");
        recorded(name).expect_issue(Reachable::No, issue, &[text]);
    }
    // Nobody has taken up the Gateway's class.
    let issues = recorded("no-controller").expect(Reachable::Unknown);
    let details: Vec<_> = issues.iter().map(|issue| issue.detail.as_deref()).collect();
    assert_eq!(details, [Some("Waiting for controller"), None], "{issues:#?}");
}
