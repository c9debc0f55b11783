//! Services, objects that are gone, and objects that may not be read.

use crate::{
    common::gateway,
    story::{Story, accepted, found, list, read},
};
use nokube_domain::deployments::Reachable;
use nokube_kube::{
    Kind,
    observe::{ExposureObjects, Lookup, ObservedCertificate, ObservedIngressClass},
    platform::Certificates,
};
use serde_json::json;

#[test]
fn what_may_not_be_read_is_unknown() {
    let mut story = Story::on_gateway();
    story.objects.gateway = Lookup::Unreadable;
    assert!(story.expect(Reachable::Unknown).is_empty());
    // A route that is refused is, whether or not the Gateway can be read.
    let mut story = story.with_conditions(json!([accepted("False", "NotAllowedByListeners")]));
    assert_eq!(story.expect(Reachable::No).len(), 1);
    story.objects = ExposureObjects::default();
    assert!(story.expect(Reachable::Unknown).is_empty());
}

#[test]
fn a_removed_service_or_route_is_named() {
    let mut story = Story::on_gateway();
    story.objects.services = list([]);
    let issue = ("removed", "", "Service frontend-service");
    story.expect_issue(Reachable::No, issue, &["removed its Service", "Apply it again"]);
    let mut story = Story::on_gateway();
    story.objects.routes = list([]);
    let issue = ("removed", "", "HTTPRoute frontend");
    story.expect_issue(Reachable::No, issue, &["removed its HTTPRoute"]);
    // Their definition was removed, with all of them.
    story.objects.routes = Lookup::Absent;
    story.expect_issue(Reachable::No, ("gateway_not_ready", "", ""), &["not installed"]);
    let mut story = Story::on_ingress(Certificates::Shared);
    story.objects.routes = list([]);
    story.expect_issue(Reachable::No, ("removed", "", "Ingress frontend"), &["Ingress"]);
}

#[test]
fn a_service_that_selects_other_pods_or_has_another_port_cannot_be_reached() {
    for (pointer, value, text) in [
        ("/spec/selector", json!({ "app": "other" }), "selects other pods"),
        ("/spec/ports/0/port", json!(81), "no port 8000"),
    ] {
        let mut story = Story::on_gateway();
        let mut service = story.fixture.object(&story.platform, Kind::Service).unwrap();
        *service.pointer_mut(pointer).unwrap() = value;
        story.objects.services = list([service]);
        let issue = ("changed_by_others", "", "Service frontend-service");
        story.expect_issue(Reachable::No, issue, &[text]);
    }
}

#[test]
fn a_service_inside_the_cluster_is_judged_by_its_service_only() {
    let mut story = Story::new(gateway(), json!({ "exposure_type": "internal" }));
    assert!(story.expect(Reachable::Yes).is_empty());
    story.objects.services = list([]);
    story.expect(Reachable::No);
    let story = Story::new(gateway(), json!({ "exposure_type": "none" }));
    assert_eq!(story.result(), None);
    let mut story = Story::on_gateway();
    story.fixture.state.stopped = true;
    assert_eq!(story.result(), None, "a stopped service");
}

#[test]
fn sparse_objects_of_controllers_are_read() {
    let mut story = Story::on_gateway();
    for empty in [json!({}), json!({ "metadata": null, "spec": null, "status": null })] {
        let _: ObservedCertificate = read(empty.clone());
        let _: ObservedIngressClass = read(empty.clone());
        story.objects.gateway = found(empty);
        story.expect(Reachable::No);
    }
    let status =
        json!({ "conditions": null, "listeners": [{ "name": "websecure", "conditions": null }] });
    let story = Story::on_gateway().with_gateway(|gateway| gateway["status"] = status);
    assert!(story.expect(Reachable::Unknown).is_empty());
}
