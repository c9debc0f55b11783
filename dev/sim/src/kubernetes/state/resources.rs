//! The API resources that are served.

#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub plural: &'static str,
    pub singular: &'static str,
    pub kind: &'static str,
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub namespaced: bool,
    /// Whether `status` is a subresource.
    pub has_status: bool,
    /// Whether `metadata.generation` counts changes of the spec.
    pub has_generation: bool,
    pub short_names: &'static [&'static str],
}

const fn resource(
    plural: &'static str,
    kind: &'static str,
    group: &'static str,
    singular: &'static str,
    short_names: &'static [&'static str],
) -> Resource {
    Resource {
        plural,
        singular,
        kind,
        group,
        version: "v1",
        namespaced: true,
        has_status: false,
        has_generation: false,
        short_names,
    }
}

const fn with_status(resource: Resource, has_generation: bool) -> Resource {
    Resource { has_status: true, has_generation, ..resource }
}

pub const NAMESPACES: &str = "namespaces";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
pub const GATEWAY: &str = "gateway.networking.k8s.io";

pub static ALL: [Resource; 19] = [
    Resource {
        namespaced: false,
        ..with_status(resource(NAMESPACES, "Namespace", "", "namespace", &["ns"]), false)
    },
    with_status(
        resource("resourcequotas", "ResourceQuota", "", "resourcequota", &["quota"]),
        false,
    ),
    resource("limitranges", "LimitRange", "", "limitrange", &["limits"]),
    resource("serviceaccounts", "ServiceAccount", "", "serviceaccount", &["sa"]),
    resource("secrets", "Secret", "", "secret", &[]),
    resource("configmaps", "ConfigMap", "", "configmap", &["cm"]),
    with_status(
        resource(
            "persistentvolumeclaims",
            "PersistentVolumeClaim",
            "",
            "persistentvolumeclaim",
            &["pvc"],
        ),
        false,
    ),
    with_status(resource("services", "Service", "", "service", &["svc"]), false),
    with_status(resource("pods", "Pod", "", "pod", &["po"]), true),
    resource("events", "Event", "", "event", &["ev"]),
    with_status(resource("deployments", "Deployment", "apps", "deployment", &["deploy"]), true),
    with_status(resource("replicasets", "ReplicaSet", "apps", "replicaset", &["rs"]), true),
    Resource {
        has_generation: true,
        ..resource("networkpolicies", "NetworkPolicy", NETWORKING, "networkpolicy", &["netpol"])
    },
    with_status(resource("ingresses", "Ingress", NETWORKING, "ingress", &["ing"]), true),
    with_status(resource("httproutes", "HTTPRoute", GATEWAY, "httproute", &[]), true),
    Resource {
        version: "v2",
        ..with_status(
            resource(
                "horizontalpodautoscalers",
                "HorizontalPodAutoscaler",
                "autoscaling",
                "horizontalpodautoscaler",
                &["hpa"],
            ),
            false,
        )
    },
    with_status(
        resource(
            "poddisruptionbudgets",
            "PodDisruptionBudget",
            "policy",
            "poddisruptionbudget",
            &["pdb"],
        ),
        true,
    ),
    resource("roles", "Role", RBAC, "role", &[]),
    resource("rolebindings", "RoleBinding", RBAC, "rolebinding", &[]),
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

    /// Whether a CustomResourceDefinition defines it.
    pub fn is_custom(&self) -> bool {
        self.group == GATEWAY
    }
}

pub fn by_path(group: &str, version: &str, plural: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| {
        resource.group == group && resource.version == version && resource.plural == plural
    })
}

pub fn by_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.kind == kind && resource.api_version() == api_version)
}

/// Finds `deployments` or `deployments.apps`.
pub fn by_name(name: &str) -> Option<&'static Resource> {
    ALL.iter().find(|resource| resource.plural == name || resource.plural_and_group() == name)
}
