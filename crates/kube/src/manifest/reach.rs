//! How a service is reached: Service, Ingress or HTTPRoute, and the network's leave.

use super::{Deployed, Manifest, namespace::namespace_peer};
use crate::{
    kind::Kind,
    names,
    platform::{Address, Apps, Certificates, Platform, Routing},
};
use k8s_openapi::{
    api::{
        core::v1::{Service, ServicePort, ServiceSpec},
        networking::v1::{
            HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
            IngressServiceBackend, IngressSpec, IngressTLS, NetworkPolicy,
            NetworkPolicyIngressRule, NetworkPolicyPort, NetworkPolicySpec, ServiceBackendPort,
        },
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use nokube_domain::deploy::Exposure;
use serde_json::{Value, json};

pub(super) fn objects(platform: &Platform, deployed: &Deployed<'_>) -> Vec<Manifest> {
    if deployed.spec().exposure == Exposure::None {
        return Vec::new();
    }
    let mut objects = vec![service(deployed)];
    if let Some((address, apps)) = deployed.address(platform).zip(platform.apps.as_ref()) {
        objects.push(leave(apps, deployed));
        objects.push(match &apps.routing {
            Routing::Ingress { class } => ingress(apps, class.as_ref(), &address, deployed),
            Routing::Gateway { name, namespace, http, https } => {
                let listener = if address.https { https } else { http };
                route(deployed, &address, (name, namespace, listener))
            }
        });
    }
    objects
}

fn service(deployed: &Deployed<'_>) -> Manifest {
    let spec = deployed.spec();
    let object = Service {
        metadata: deployed.metadata(&names::service_object(&spec.service)),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".into()),
            selector: Some(deployed.selector()),
            ports: Some(vec![ServicePort {
                name: Some("http".into()),
                port: spec.service_port.into(),
                target_port: Some(IntOrString::Int(spec.container_port.into())),
                protocol: Some("TCP".into()),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    Manifest::new(Kind::Service, &object)
}

/// Requests from outside come through the entrance's pods, to this port alone.
fn leave(apps: &Apps, deployed: &Deployed<'_>) -> Manifest {
    let spec = deployed.spec();
    let object = NetworkPolicy {
        metadata: deployed.metadata(spec.service.as_str()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector {
                match_labels: Some(deployed.selector()),
                match_expressions: None,
            }),
            policy_types: Some(vec!["Ingress".into()]),
            ingress: Some(vec![NetworkPolicyIngressRule {
                from: Some(vec![namespace_peer(&apps.entrance)]),
                ports: Some(vec![NetworkPolicyPort {
                    port: Some(IntOrString::Int(spec.container_port.into())),
                    protocol: Some("TCP".into()),
                    end_port: None,
                }]),
            }]),
            egress: None,
        }),
    };
    Manifest::new(Kind::NetworkPolicy, &object)
}

fn ingress(
    apps: &Apps,
    class: Option<&String>,
    address: &Address,
    deployed: &Deployed<'_>,
) -> Manifest {
    let spec = deployed.spec();
    let mut metadata = deployed.metadata(spec.service.as_str());
    let mut secret_name = None;
    if let (Certificates::Issuer(issuer), true) = (&apps.certificates, address.https) {
        metadata.annotations =
            Some([("cert-manager.io/cluster-issuer".into(), issuer.clone())].into());
        secret_name = Some(format!("{}-tls", spec.service));
    }
    let backend = IngressBackend {
        service: Some(IngressServiceBackend {
            name: names::service_object(&spec.service),
            port: Some(ServiceBackendPort { number: Some(spec.service_port.into()), name: None }),
        }),
        resource: None,
    };
    let object = Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: class.cloned(),
            rules: Some(vec![IngressRule {
                host: Some(address.host.clone()),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(address.path.clone()),
                        path_type: "Prefix".into(),
                        backend,
                    }],
                }),
            }]),
            tls: address
                .https
                .then(|| vec![IngressTLS { hosts: Some(vec![address.host.clone()]), secret_name }]),
            default_backend: None,
        }),
        status: None,
    };
    Manifest::new(Kind::Ingress, &object)
}

/// Gateway API is no part of `k8s-openapi`; of its fields we use these.
/// <https://gateway-api.sigs.k8s.io/reference/spec/#httproute>
fn route(
    deployed: &Deployed<'_>,
    address: &Address,
    (name, namespace, listener): (&str, &str, &str),
) -> Manifest {
    let spec = deployed.spec();
    let mut rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": address.path } }],
        "backendRefs": [{
            "name": names::service_object(&spec.service),
            "port": spec.service_port,
        }],
    });
    if let (true, Some(rule)) = (address.path != "/", rule.as_object_mut()) {
        // The program need not know under which path it is reached.
        let strip: Value = json!([{
            "type": "URLRewrite",
            "urlRewrite": { "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/" } },
        }]);
        rule.insert("filters".into(), strip);
    }
    let object = json!({
        "apiVersion": Kind::HttpRoute.api_version(),
        "kind": Kind::HttpRoute.name(),
        "metadata": deployed.metadata(spec.service.as_str()),
        "spec": {
            "parentRefs": [{ "name": name, "namespace": namespace, "sectionName": listener }],
            "hostnames": [address.host],
            "rules": [rule],
        },
    });
    Manifest::new(Kind::HttpRoute, &object)
}
