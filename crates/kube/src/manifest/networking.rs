//! How requests reach a service: Service, Ingress or HTTPRoute, and NetworkPolicy.

use super::{container::PORT_NAME, input::ManifestInput, network_policy, object::Manifest};
use crate::{
    kind::Kind,
    names,
    platform::{Apps, Certificates, ExternalAddress, Platform, Routing},
};
use k8s_openapi::{
    api::{
        core::v1::{Service, ServicePort, ServiceSpec},
        networking::v1::{
            HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
            IngressServiceBackend, IngressSpec, IngressTLS, ServiceBackendPort,
        },
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use nokube_domain::deployments::Exposure;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn objects(platform: &Platform, input: &ManifestInput<'_>) -> Vec<Manifest> {
    if input.spec().exposure == Exposure::None {
        return Vec::new();
    }
    let mut objects = vec![service(input)];
    if let Some((address, apps)) = input.external_address(platform).zip(platform.apps.as_ref()) {
        objects.push(network_policy::allow_ingress_controller(apps, input));
        match &apps.routing {
            Routing::Ingress { class } => {
                let preview_annotations = &platform.preview_ingress_annotations;
                objects.push(ingress(apps, (class.as_ref(), preview_annotations), &address, input));
            }
            Routing::Gateway { name, namespace, http_listener, https_listener, redirect_http } => {
                let listener = if address.https { https_listener } else { http_listener };
                if address.https && *redirect_http {
                    objects.push(redirect_route(input, &address, (name, namespace, http_listener)));
                }
                objects.push(http_route(input, &address, (name, namespace, listener)));
            }
        }
    }
    objects
}

fn service(input: &ManifestInput<'_>) -> Manifest {
    let spec = input.spec();
    let object = Service {
        metadata: input.metadata(&names::service_object(&spec.service)),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".into()),
            selector: Some(input.selector_labels()),
            ports: Some(vec![ServicePort {
                name: Some("http".into()),
                port: spec.service_port.into(),
                target_port: Some(IntOrString::String(PORT_NAME.into())),
                protocol: Some("TCP".into()),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        status: None,
    };
    Manifest::new(Kind::Service, &object)
}

fn ingress(
    apps: &Apps,
    (class, preview_annotations): (Option<&String>, &BTreeMap<String, String>),
    address: &ExternalAddress,
    input: &ManifestInput<'_>,
) -> Manifest {
    let spec = input.spec();
    let mut metadata = input.metadata(spec.service.as_str());
    let mut secret_name = None;
    let mut annotations = match input.tenant.is_preview {
        true => preview_annotations.clone(),
        false => BTreeMap::new(),
    };
    if let (Certificates::Issuer(issuer), true) = (&apps.certificates, address.https) {
        annotations.insert("cert-manager.io/cluster-issuer".into(), issuer.clone());
        secret_name = Some(names::certificate_secret(&spec.service));
    }
    metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
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

/// A Gateway's name, its namespace, and the name of one of its listeners.
type Parent<'a> = (&'a str, &'a str, &'a str);

fn http_route(
    input: &ManifestInput<'_>,
    address: &ExternalAddress,
    parent: Parent<'_>,
) -> Manifest {
    let spec = input.spec();
    let mut rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": address.path } }],
        "backendRefs": [{
            "name": names::service_object(&spec.service),
            "port": spec.service_port,
        }],
    });
    let mut filters = Vec::new();
    if address.path != "/" {
        // The program gets paths without this prefix, so it can be moved to another one unchanged.
        filters.push(json!({
            "type": "URLRewrite",
            "urlRewrite": { "path": { "type": "ReplacePrefixMatch", "replacePrefixMatch": "/" } },
        }));
    }
    if input.tenant.is_preview {
        filters.push(json!({
            "type": "ResponseHeaderModifier",
            "responseHeaderModifier": {
                "set": [{ "name": "X-Robots-Tag", "value": "noindex, nofollow" }],
            },
        }));
    }
    if let (false, Some(rule)) = (filters.is_empty(), rule.as_object_mut()) {
        rule.insert("filters".into(), filters.into());
    }
    route(input, spec.service.as_str(), (parent, address), &rule)
}

/// Redirects requests over HTTP to the same URL with HTTPS. A Gateway without a listener for HTTP does not accept it,
/// which does no harm.
/// <https://gateway-api.sigs.k8s.io/guides/user-guides/http-redirect-rewrite/>
fn redirect_route(
    input: &ManifestInput<'_>,
    address: &ExternalAddress,
    parent: Parent<'_>,
) -> Manifest {
    let rule = json!({
        "matches": [{ "path": { "type": "PathPrefix", "value": address.path } }],
        "filters": [{
            "type": "RequestRedirect",
            "requestRedirect": { "scheme": "https", "statusCode": 301 },
        }],
    });
    let name = names::redirect_route(&input.spec().service);
    route(input, &name, (parent, address), &rule)
}

/// `k8s-openapi` does not have the Gateway API, so this object is written as JSON.
/// <https://gateway-api.sigs.k8s.io/reference/spec/#httproute>
fn route(
    input: &ManifestInput<'_>,
    name: &str,
    ((gateway, namespace, listener), address): (Parent<'_>, &ExternalAddress),
    rule: &Value,
) -> Manifest {
    let object = json!({
        "apiVersion": Kind::HttpRoute.api_version(),
        "kind": Kind::HttpRoute.name(),
        "metadata": input.metadata(name),
        "spec": {
            "parentRefs": [{ "name": gateway, "namespace": namespace, "sectionName": listener }],
            "hostnames": [address.host],
            "rules": [rule],
        },
    });
    Manifest::new(Kind::HttpRoute, &object)
}
