//! Whether a service can be reached at its address, from what its objects say of themselves.

use super::{
    ClusterSnapshot, ObservedEvent,
    certificate::{self, ObservedCertificate},
    field_changes::changes_by_others,
    gateway::ObservedGateway,
    ingress::{self, ObservedIngressClass},
    route::{self, ObservedRoute},
    service::{self, ObservedService},
};
use crate::{kind::Kind, manifest::ManifestInput, names, platform::Platform};
use nokube_domain::deployments::{ErrorCode, Exposure, Issue, Reachable, Rollout};

/// An object, or several, that may be missing or unreadable.
#[derive(Clone, Debug, Default)]
pub enum Lookup<T> {
    Found(T),
    /// It, or its kind, does not exist.
    Absent,
    /// It could not be read: a permission is missing, or there was no response.
    #[default]
    Unreadable,
}

impl<T> Lookup<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Self::Found(found) => Lookup::Found(change(found)),
            Self::Absent => Lookup::Absent,
            Self::Unreadable => Lookup::Unreadable,
        }
    }

    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

/// The objects that requests to services pass, of a project or of one deployment.
#[derive(Clone, Debug, Default)]
pub struct ExposureObjects {
    pub services: Lookup<Vec<ObservedService>>,
    /// Ingresses or HTTPRoutes.
    pub routes: Lookup<Vec<ObservedRoute>>,
    /// The Gateway of the operator's settings.
    pub gateway: Lookup<ObservedGateway>,
    pub ingress_classes: Lookup<Vec<ObservedIngressClass>>,
    pub certificates: Lookup<Vec<ObservedCertificate>>,
}

/// Whether requests arrive, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachability {
    pub reachable: Reachable,
    pub issues: Vec<Issue>,
}

impl Reachability {
    pub(super) fn yes() -> Self {
        Self { reachable: Reachable::Yes, issues: Vec::new() }
    }

    pub(super) fn no(issue: Issue) -> Self {
        Self { reachable: Reachable::No, issues: vec![issue] }
    }

    pub(super) fn unknown(issue: Option<Issue>) -> Self {
        Self { reachable: Reachable::Unknown, issues: issue.into_iter().collect() }
    }

    pub(super) fn is_no(&self) -> bool {
        self.reachable == Reachable::No
    }

    /// Requests arrive only if they pass both.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.reachable = self.reachable.min(other.reachable);
        self.issues.extend(other.issues);
        self
    }
}

impl ExposureObjects {
    /// Adds to the rollout whether requests arrive at its service, why not, and what others changed.
    pub fn complete(
        &self,
        rollout: &mut Rollout,
        platform: &Platform,
        input: &ManifestInput<'_>,
        snapshot: &ClusterSnapshot,
    ) {
        let found = self.reachability(platform, input, &snapshot.events);
        if let Some(found) = &found {
            rollout.reachable = found.reachable;
        }
        let mut deployments = snapshot.deployments.iter().map(|deployment| &deployment.metadata);
        let workload = deployments.find(|metadata| metadata.is_of_deployment(input.id));
        let changes = workload
            .map_or_else(Vec::new, |workload| changes_by_others(platform, input, workload, self));
        // A change that is known in detail is not reported in general too.
        let is_in_changes = |issue: &Issue| {
            // An address that somebody else has changed is not one that the operator has changed.
            let is_known = |change: &Issue| {
                change.code == issue.code || issue.code == ErrorCode::AddressChanged
            };
            changes.iter().any(|change| is_known(change) && change.object == issue.object)
        };
        let issues = found.into_iter().flat_map(|found| found.issues);
        rollout.issues.extend(issues.filter(|issue| !is_in_changes(issue)));
        rollout.issues.extend(changes);
    }

    /// Whether requests arrive at the service. `None` if it has no address, or is stopped.
    pub fn reachability(
        &self,
        platform: &Platform,
        input: &ManifestInput<'_>,
        events: &[ObservedEvent],
    ) -> Option<Reachability> {
        let spec = &input.state.release.spec;
        if input.state.stopped || spec.exposure == Exposure::None {
            return None;
        }
        let name = names::service_object(&spec.service);
        let service = match named(&self.services, &name, |service| &service.metadata.name) {
            Lookup::Found(service) => service::reachability(service, spec, input.id),
            Lookup::Absent => removed("Service", &name),
            Lookup::Unreadable => Reachability::unknown(None),
        };
        let route = self.route_reachability(platform, input, events);
        Some(route.into_iter().fold(service, Reachability::and))
    }

    /// `None` if the service is reached from inside the cluster only.
    fn route_reachability(
        &self,
        platform: &Platform,
        input: &ManifestInput<'_>,
        events: &[ObservedEvent],
    ) -> Option<Reachability> {
        let address = platform.external_address(input.tenant.project, &input.state.release.spec)?;
        let kind = platform.apps.as_ref()?.routing.kind();
        let name = input.state.release.spec.service.as_str();
        if matches!(self.routes, Lookup::Absent) {
            return Some(Reachability::no(unknown_kind(kind)));
        }
        let route = match named(&self.routes, name, |route| &route.metadata.name) {
            Lookup::Found(route) => route,
            Lookup::Absent => return Some(removed(kind.name(), name)),
            Lookup::Unreadable => return Some(Reachability::unknown(None)),
        };
        if let Some(issue) = route.address_issue(kind, &address) {
            return Some(Reachability::no(issue));
        }
        Some(match kind {
            Kind::HttpRoute => route::reachability(route, platform, &self.gateway),
            _ => {
                let certificate = match route.certificate_secret() {
                    Some(secret) => certificate::reachability(&self.certificates, secret),
                    None => Reachability::yes(),
                };
                ingress::reachability(route, &self.ingress_classes, events).and(certificate)
            }
        })
    }
}

/// The object with this name.
fn named<'a, T>(
    objects: &'a Lookup<Vec<T>>,
    name: &str,
    name_of: impl Fn(&T) -> &String,
) -> Lookup<&'a T> {
    match objects {
        Lookup::Found(objects) => match objects.iter().find(|object| name_of(object) == name) {
            Some(object) => Lookup::Found(object),
            None => Lookup::Absent,
        },
        Lookup::Absent => Lookup::Absent,
        Lookup::Unreadable => Lookup::Unreadable,
    }
}

fn unknown_kind(kind: Kind) -> Issue {
    let kind = kind.name();
    let message =
        format!("The cluster knows no objects of the kind {kind}, so no requests arrive.");
    let action = "Tell the administrator: the definitions of the Gateway API are not installed.";
    Issue::permanent(ErrorCode::GatewayNotReady, message, action)
}

fn removed(kind: &str, name: &str) -> Reachability {
    let message =
        format!("Somebody has removed its {kind} from the cluster, so no requests arrive.");
    let issue = Issue::permanent(ErrorCode::Removed, message, APPLY_AGAIN);
    Reachability::no(issue.with_object(kind, name))
}

pub(super) const APPLY_AGAIN: &str = "Apply it again, or deploy it again.";
