//! Ingresses and certificates.

use crate::story::{Story, condition, list, read};
use nokube_domain::deployments::Reachable;
use nokube_kube::{
    Kind,
    observe::{Lookup, ObservedEvent},
    platform::{Certificates, HostLayout, Routing},
};
use serde_json::{Value, json};

#[test]
fn an_ingress_without_an_address_is_unknown_because_some_controllers_publish_none() {
    let story = Story::on_ingress(Certificates::Shared);
    assert!(story.expect(Reachable::Yes).is_empty());
    for none in [json!([]), json!(null)] {
        let story = Story::on_ingress(Certificates::Shared).with_address(none);
        assert!(story.expect(Reachable::Unknown).is_empty());
    }
}

#[test]
fn an_ingress_class_that_does_not_exist_is_named() {
    let mut story = Story::on_ingress(Certificates::Shared);
    story.objects.ingress_classes = list([json!({ "metadata": { "name": "nginx" } })]);
    let issue = ("gateway_not_ready", "", "IngressClass traefik");
    story.expect_issue(Reachable::No, issue, &["'traefik' does not exist", "apps_ingress_class"]);
    story.objects.ingress_classes = Lookup::Unreadable;
    story.expect(Reachable::Yes);
    // Without a class in the settings, the cluster's default one is in the object.
    let apps = story.platform.apps.as_mut().unwrap();
    apps.routing = Routing::Ingress { class: None };
    story.objects.ingress_classes = list([]);
    story.with_address(json!([{ "hostname": "lb.example.com" }])).expect(Reachable::Yes);
}

#[test]
fn after_the_operator_has_changed_the_hosts_the_old_address_is_named() {
    let mut story = Story::on_ingress(Certificates::Shared);
    story.platform.apps.as_mut().unwrap().host_layout = HostLayout::ByOwner;
    let issue = ("address_changed", "", "Ingress frontend");
    story.expect_issue(
        Reachable::No,
        issue,
        &["frontend-myapp-testuser.apps.example.com", "Apply"],
    );
}

#[test]
fn what_an_ingress_controller_rejects_is_in_its_events() {
    let mut story = Story::on_ingress(Certificates::Shared).with_address(json!([]));
    let event = |kind: &str, minute: u32, reason: &str| {
        read::<ObservedEvent>(json!({
            "involvedObject": { "kind": "Ingress", "name": "frontend", "uid": "ingress-uid" },
            "type": kind, "reason": reason, "message": "host is taken by default/other",
            "lastTimestamp": format!("2026-03-02T09:{minute:02}:00Z"),
        }))
    };
    story.events = vec![event("Normal", 1, "AddedOrUpdated"), event("Warning", 2, "Rejected")];
    let issue = ("route_rejected", "Rejected", "Ingress frontend");
    story.expect_issue(Reachable::No, issue, &["host is taken by default/other"]);
    story.events.push(event("Normal", 3, "AddedOrUpdated"));
    assert!(story.expect(Reachable::Unknown).is_empty(), "it was accepted later");
    // The warning is older than what was applied last.
    story.events = vec![event("Warning", 2, "Rejected")];
    let mut ingress = story.own_route(Kind::Ingress);
    ingress["metadata"]["uid"] = "ingress-uid".into();
    ingress["metadata"]["managedFields"] = json!([{
        "manager": "nokube", "operation": "Apply", "time": "2026-03-02T09:05:00Z",
    }]);
    story.objects.routes = list([ingress]);
    assert!(story.expect(Reachable::Unknown).is_empty());
}

#[test]
fn a_certificate_that_is_not_ready_says_why() {
    let certificate = |conditions: Value| {
        let mut story = Story::on_ingress(Certificates::Issuer("letsencrypt".into()));
        story.objects.certificates = list([json!({
            "metadata": { "name": "frontend-tls", "generation": 3 },
            "spec": { "secretName": "frontend-tls" }, "status": { "conditions": conditions },
        })]);
        story
    };
    let ready = certificate(json!([condition("Ready", "True", "Ready", "up to date")]));
    assert!(ready.expect(Reachable::Yes).is_empty());
    let issue = |reason| ("certificate_not_ready", reason, "Certificate frontend-tls");
    let text = "Issuing certificate as Secret does not exist";
    let ready = condition("Ready", "False", "DoesNotExist", text);
    certificate(json!([ready, condition("Issuing", "True", "DoesNotExist", text)])).expect_issue(
        Reachable::No,
        issue("DoesNotExist"),
        &[text, "not ready yet"],
    );
    let text = "The certificate request has failed to complete and will be retried: NXDOMAIN";
    certificate(json!([ready, condition("Issuing", "False", "Failed", text)])).expect_issue(
        Reachable::No,
        issue("Failed"),
        &[text, "could not be issued", "DNS record"],
    );
    let mut none = certificate(json!(null));
    none.expect_issue(Reachable::No, issue(""), &["not ready yet"]);
    none.objects.certificates = list([]);
    none.expect_issue(Reachable::No, issue(""), &["not requested"]);
    none.objects.certificates = Lookup::Absent;
    none.expect_issue(Reachable::No, ("certificate_not_ready", "", ""), &["not installed"]);
    none.objects.certificates = Lookup::Unreadable;
    assert!(none.expect(Reachable::Unknown).is_empty());
}
