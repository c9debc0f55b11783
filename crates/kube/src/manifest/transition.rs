//! What objects continue from earlier revisions. They are applied before pods are replaced, so they must fit the old
//! pods as well as the new ones.

use super::{Dependencies, object::Manifest};
use crate::{
    kind::Kind,
    names,
    observe::{ObservedClaim, ObservedReplicaSet, ObservedService},
};
use nokube_domain::deployments::Spec;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the cluster has of a deployment before a revision is applied.
#[derive(Clone, Debug, Default)]
pub struct CurrentObjects {
    /// The ports of the containers that run.
    pub container_ports: BTreeSet<u16>,
    /// The port of the Service.
    pub service_port: Option<u16>,
    /// Whether there is a route that redirects from HTTP to HTTPS.
    pub has_redirect: bool,
    pub claim: Option<ObservedClaim>,
}

impl CurrentObjects {
    pub fn new(
        sets: &[ObservedReplicaSet],
        service: Option<&ObservedService>,
        claim: Option<ObservedClaim>,
    ) -> Self {
        Self {
            container_ports: sets.iter().flat_map(ObservedReplicaSet::container_ports).collect(),
            service_port: service.and_then(ObservedService::http_port),
            has_redirect: false,
            claim,
        }
    }

    /// Whether an object of a service that runs must be applied before all others: a Service whose new port routes refer
    /// to, and the redirect of a service whose route moves from HTTP to HTTPS.
    pub fn is_needed_first(&self, object: &Manifest, spec: &Spec) -> bool {
        match object.kind {
            Kind::Service => self.service_port.is_some_and(|port| port != spec.service_port),
            Kind::HttpRoute => {
                object.name == names::redirect_route(&spec.service)
                    && self.service_port.is_some()
                    && !self.has_redirect
            }
            _ => false,
        }
    }
}

impl Dependencies {
    /// The same objects, which also fit the pods and volume of earlier revisions.
    #[must_use]
    pub fn continuing(mut self, current: &CurrentObjects) -> Self {
        for object in &mut self.objects {
            match object.kind {
                Kind::NetworkPolicy => allow_ports(object, &current.container_ports),
                Kind::Service => keep_service_port(object, current.service_port),
                Kind::PersistentVolumeClaim => continue_claim(object, current.claim.as_ref()),
                _ => {}
            }
        }
        self
    }
}

/// Lets the ingress controller reach the old pods as well. The numbers are listed, because not every network plugin
/// resolves the names of ports.
fn allow_ports(policy: &mut Manifest, ports: &BTreeSet<u16>) {
    // The default policy of the namespace allows all ports.
    let Some(Value::Array(allowed)) = policy.body.pointer_mut("/spec/ingress/0/ports") else {
        return;
    };
    for port in ports {
        if !allowed.iter().any(|known| known["port"] == *port) {
            allowed.push(json!({ "port": port, "protocol": "TCP" }));
        }
    }
}

/// Keeps the port by which a route, or another service of the project, reaches it until now.
fn keep_service_port(service: &mut Manifest, port: Option<u16>) {
    let ports = service.body.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    let (Some(ports), Some(port)) = (ports, port) else { return };
    if !ports.iter().any(|known| known["port"] == port) {
        let target = super::container::PORT_NAME;
        let old =
            json!({ "name": "http-old", "port": port, "targetPort": target, "protocol": "TCP" });
        ports.push(old);
    }
}

/// A claim cannot shrink, and its StorageClass cannot be changed.
fn continue_claim(manifest: &mut Manifest, claim: Option<&ObservedClaim>) {
    let Some(claim) = claim else { return };
    let requests = "/spec/resources/requests/storage";
    if let (Some(size), Some(requested)) = (claim.size(), manifest.body.pointer_mut(requests))
        && requested.as_str().and_then(|text| text.parse().ok()).is_none_or(|new| size > new)
    {
        *requested = size.to_string().into();
    }
    let spec = manifest.body.pointer_mut("/spec").and_then(Value::as_object_mut);
    if let (Some(spec), Some(class)) = (spec, claim.storage_class()) {
        spec.insert("storageClassName".into(), class.into());
    }
}
