//! HTTPRoutes and Gateways.

use crate::story::{Story, accepted, condition, list, resolved};
use nokube_domain::deployments::Reachable;
use nokube_kube::{Kind, observe::Lookup, platform::Routing};
use serde_json::{Value, json};

#[test]
fn a_service_whose_route_is_accepted_by_a_programmed_gateway_can_be_reached() {
    assert!(Story::on_gateway().expect(Reachable::Yes).is_empty());
}

#[test]
fn a_gateway_or_a_listener_that_does_not_exist_is_named() {
    let mut story = Story::on_gateway();
    story.objects.gateway = Lookup::Absent;
    let issue = ("gateway_not_ready", "", "Gateway gateways/edge");
    story.expect_issue(Reachable::No, issue, &["gateways/edge does not exist", "administrator"]);

    let story = Story::on_gateway().with_gateway(|gateway| {
        gateway["spec"]["listeners"] = json!([{ "name": "web", "port": 80 }]);
    });
    story.expect_issue(Reachable::No, issue, &["no listener 'websecure'", "are web."]);
}

#[test]
fn what_a_gateway_says_of_itself_and_of_the_listener_counts() {
    let say = |conditions: Value| {
        Story::on_gateway().with_gateway(|gateway| {
            gateway["status"] = json!({ "conditions": conditions });
        })
    };
    let issue = |reason| ("gateway_not_ready", reason, "Gateway gateways/edge");
    let text = "no address is available";
    say(json!([
        condition("Accepted", "True", "Accepted", ""),
        condition("Programmed", "False", "AddressNotUsable", text),
    ]))
    .expect_issue(Reachable::No, issue("AddressNotUsable"), &[text, "temporary: true"]);
    let text = "parametersRef is invalid";
    say(json!([condition("Accepted", "False", "InvalidParameters", text)])).expect_issue(
        Reachable::No,
        issue("InvalidParameters"),
        &[text, "temporary: false"],
    );
    // What the definition of the kind writes when a Gateway is created: nobody serves its class.
    let text = "Waiting for controller";
    let mut waiting = condition("Accepted", "Unknown", "Pending", text);
    waiting["observedGeneration"] = Value::Null;
    say(json!([waiting])).expect_issue(
        Reachable::Unknown,
        issue("Pending"),
        &[text, "GatewayClass is 'traefik'"],
    );

    let listener = |conditions: Value| {
        Story::on_gateway().with_gateway(|gateway| {
            gateway["status"]["listeners"][1]["conditions"] = conditions;
        })
    };
    let text = "Cannot find entryPoint for Gateway: port 443";
    listener(json!([condition("Accepted", "False", "PortUnavailable", text)])).expect_issue(
        Reachable::No,
        issue("PortUnavailable"),
        &[text, "'websecure'"],
    );
    let text = "Error while retrieving certificate: secret gateways/wildcard not found";
    listener(json!([condition("ResolvedRefs", "False", "InvalidCertificateRef", text)]))
        .expect_issue(
            Reachable::No,
            ("certificate_not_ready", "InvalidCertificateRef", "Gateway gateways/edge"),
            &[text, "'websecure' has no certificate"],
        );
}

#[test]
fn another_listener_of_the_gateway_does_not_matter_to_the_service() {
    let story = Story::on_gateway().with_gateway(|gateway| {
        let conditions = json!([condition("ResolvedRefs", "False", "InvalidCertificateRef", "")]);
        gateway["status"]["listeners"][0]["conditions"] = conditions;
    });
    assert!(story.expect(Reachable::Yes).is_empty());
    // Traefik then says that the whole Gateway is not accepted, and serves the other listener.
    let story = Story::on_gateway().with_gateway(|gateway| {
        let conditions = json!([condition(
            "Accepted",
            "False",
            "ListenersNotValid",
            "All Listeners must be valid"
        )]);
        gateway["status"]["conditions"] = conditions;
    });
    let issue = ("gateway_not_ready", "ListenersNotValid", "Gateway gateways/edge");
    story.expect_issue(Reachable::Unknown, issue, &["All Listeners must be valid"]);
}

#[test]
fn a_route_that_a_gateway_refuses_says_why() {
    for (kind, reason, text) in [
        ("Accepted", "NotAllowedByListeners", "namespace nk-testuser-myapp"),
        ("Accepted", "NoMatchingListenerHostname", "host frontend-myapp-testuser.apps.example.com"),
        ("Accepted", "NoMatchingParent", "no listener 'websecure'"),
        ("Accepted", "UnsupportedValue", "does not support a value"),
        ("Accepted", "IncompatibleFilters", "does not support a value"),
        ("ResolvedRefs", "RefNotPermitted", "another namespace"),
        ("ResolvedRefs", "BackendNotFound", "a Service that does not exist"),
        ("ResolvedRefs", "InvalidKind", "cannot send requests"),
        ("Accepted", "SomethingNew", "rejects its HTTPRoute"),
    ] {
        let other = if kind == "Accepted" { resolved() } else { accepted("True", "Accepted") };
        let said = format!("the controller's own words about {reason}");
        let conditions = json!([condition(kind, "False", reason, &said), other]);
        let story = Story::on_gateway().with_conditions(conditions);
        let issue = ("route_rejected", reason, "HTTPRoute frontend");
        story.expect_issue(Reachable::No, issue, &[text, &said, "temporary: false"]);
    }
}

#[test]
fn the_status_of_an_older_generation_does_not_count() {
    let mut refused = accepted("False", "NotAllowedByListeners");
    refused["observedGeneration"] = 2.into();
    let mut well = accepted("True", "Accepted");
    well["observedGeneration"] = 2.into();
    for condition in [refused, well] {
        let story = Story::on_gateway().with_conditions(json!([condition, resolved()]));
        assert!(story.expect(Reachable::Unknown).is_empty());
    }
}

#[test]
fn a_route_that_no_controller_has_taken_up_is_not_known_to_be_reachable() {
    let mut story = Story::on_gateway();
    for status in [json!({}), json!({ "parents": [] }), json!(null)] {
        let mut route = story.own_route(Kind::HttpRoute);
        route["status"] = status;
        story.objects.routes = list([route]);
        let issue = ("route_rejected", "", "HTTPRoute frontend");
        story.expect_issue(Reachable::Unknown, issue, &["No controller", "temporary: true"]);
    }
    // No route is attached to the listener, whatever the route's own status says.
    let story = Story::on_gateway().with_gateway(|gateway| {
        gateway["status"]["listeners"][1]["attachedRoutes"] = 0.into();
    });
    story.expect(Reachable::Unknown);
}

#[test]
fn one_controller_that_accepts_the_route_is_enough() {
    let mut story = Story::on_gateway();
    let mut route = story.route(json!([accepted("True", "Accepted"), resolved()]));
    let mut other = route["status"]["parents"][0].clone();
    other["conditions"] = json!([accepted("False", "NotAllowedByListeners")]);
    route["status"]["parents"].as_array_mut().unwrap().insert(0, other);
    story.objects.routes = list([route]);
    assert!(story.expect(Reachable::Yes).is_empty());
}

#[test]
fn a_route_that_was_applied_with_an_earlier_setting_is_judged_by_its_own_status() {
    let mut story = Story::on_gateway();
    story.objects.gateway = Lookup::Absent;
    let apps = story.platform.apps.as_mut().unwrap();
    let Routing::Gateway { name, .. } = &mut apps.routing else { panic!() };
    *name = "another".into();
    assert!(story.expect(Reachable::Unknown).is_empty());
}
