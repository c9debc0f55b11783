//! Services.

use super::{
    metadata::{Metadata, observed},
    reachability::{APPLY_AGAIN, Reachability},
};
use crate::labels::DEPLOYMENT_LABEL;
use nokube_domain::{
    DeploymentId,
    deployments::{ErrorCode, Issue, Spec},
};
use std::collections::BTreeMap;

observed! {
    pub struct ObservedService {
        pub metadata: Metadata,
        spec: ServiceSpec,
    }

    struct ServiceSpec {
        selector: BTreeMap<String, String>,
        ports: Vec<ServicePort>,
    }

    struct ServicePort {
        name: String,
        port: u16,
    }
}

impl ObservedService {
    /// The port of the revision that was applied last.
    pub(crate) fn http_port(&self) -> Option<u16> {
        let http = self.spec.ports.iter().find(|port| port.name == "http");
        http.map(|port| port.port)
    }
}

/// Whether the Service sends requests on its port to the pods of the deployment.
pub(super) fn reachability(
    service: &ObservedService,
    spec: &Spec,
    id: DeploymentId,
) -> Reachability {
    let broken = |message: String| {
        let issue = Issue::permanent(ErrorCode::ChangedByOthers, message, APPLY_AGAIN);
        Reachability::no(issue.with_object("Service", &service.metadata.name))
    };
    let selector = &service.spec.selector;
    let is_ours = selector.get(DEPLOYMENT_LABEL) == Some(&id.to_string()) && selector.len() == 1;
    if !is_ours {
        return broken("Its Service selects other pods: somebody has changed it.".into());
    }
    let port = spec.service_port;
    if !service.spec.ports.iter().any(|of| of.port == port) {
        return broken(format!("Its Service has no port {port}: somebody has changed it."));
    }
    Reachability::yes()
}
