//! The API resources that are served.

#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub plural: &'static str,
    pub kind: &'static str,
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub namespaced: bool,
    /// Whether `metadata.generation` counts changes of the spec.
    pub has_generation: bool,
}

const fn resource(plural: &'static str, kind: &'static str, group: &'static str) -> Resource {
    Resource { plural, kind, group, version: "v1", namespaced: true, has_generation: false }
}

const fn with_generation(resource: Resource) -> Resource {
    Resource { has_generation: true, ..resource }
}

const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
/// The group of the Gateway API, which need not be installed.
pub const GATEWAY: &str = "gateway.networking.k8s.io";

pub static NAMESPACES: Resource =
    Resource { namespaced: false, ..resource("namespaces", "Namespace", "") };
pub static SECRETS: Resource = resource("secrets", "Secret", "");
pub static CONFIG_MAPS: Resource = resource("configmaps", "ConfigMap", "");
pub static VOLUME_CLAIMS: Resource =
    resource("persistentvolumeclaims", "PersistentVolumeClaim", "");
pub static PODS: Resource = with_generation(resource("pods", "Pod", ""));
pub static EVENTS: Resource = resource("events", "Event", "");
pub static DEPLOYMENTS: Resource = with_generation(resource("deployments", "Deployment", "apps"));
pub static REPLICA_SETS: Resource = with_generation(resource("replicasets", "ReplicaSet", "apps"));
pub static AUTOSCALERS: Resource = Resource {
    version: "v2",
    ..resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", "autoscaling")
};
pub static RESOURCE_QUOTAS: Resource = resource("resourcequotas", "ResourceQuota", "");
static LIMIT_RANGES: Resource = resource("limitranges", "LimitRange", "");
static SERVICE_ACCOUNTS: Resource = resource("serviceaccounts", "ServiceAccount", "");
pub static SERVICES: Resource = resource("services", "Service", "");
static NETWORK_POLICIES: Resource =
    with_generation(resource("networkpolicies", "NetworkPolicy", NETWORKING));
pub static INGRESSES: Resource = with_generation(resource("ingresses", "Ingress", NETWORKING));
pub static INGRESS_CLASSES: Resource =
    Resource { namespaced: false, ..resource("ingressclasses", "IngressClass", NETWORKING) };
pub static HTTP_ROUTES: Resource = with_generation(resource("httproutes", "HTTPRoute", GATEWAY));
pub static GATEWAYS: Resource = with_generation(resource("gateways", "Gateway", GATEWAY));
static STORAGE_CLASSES: Resource =
    Resource { namespaced: false, ..resource("storageclasses", "StorageClass", "storage.k8s.io") };
static DISRUPTION_BUDGETS: Resource =
    with_generation(resource("poddisruptionbudgets", "PodDisruptionBudget", "policy"));
static ROLE_BINDINGS: Resource = resource("rolebindings", "RoleBinding", RBAC);

pub static ALL: [&Resource; 21] = [
    &NAMESPACES,
    &RESOURCE_QUOTAS,
    &LIMIT_RANGES,
    &SERVICE_ACCOUNTS,
    &SECRETS,
    &CONFIG_MAPS,
    &VOLUME_CLAIMS,
    &SERVICES,
    &PODS,
    &EVENTS,
    &DEPLOYMENTS,
    &REPLICA_SETS,
    &NETWORK_POLICIES,
    &INGRESSES,
    &HTTP_ROUTES,
    &GATEWAYS,
    &INGRESS_CLASSES,
    &STORAGE_CLASSES,
    &AUTOSCALERS,
    &DISRUPTION_BUDGETS,
    &ROLE_BINDINGS,
];

impl Resource {
    /// `deployments.apps`; just `pods` in the core group.
    pub fn plural_and_group(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `apps/v1`
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
}

pub fn by_path(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    let mut all = ALL.iter().copied();
    all.find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
}

pub fn by_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    let mut all = ALL.iter().copied();
    all.find(|resource| resource.kind == kind && resource.api_version() == api_version)
}

pub fn by_plural(plural: &str) -> Option<&'static Resource> {
    ALL.iter().copied().find(|resource| resource.plural == plural)
}
