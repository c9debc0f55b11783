//! The kinds of objects that NoKube creates or reads, and their paths in the API.

use kube_core::Request;

/// Defines `Kind` from a table: name, group, version, and plural.
macro_rules! kinds {
    ($($kind:ident $name:literal $group:literal $version:literal $plural:literal;)*) => {
        /// A kind of Kubernetes object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($kind),* }

        impl Kind {
            const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Name, group, version and plural.
            fn properties(self) -> (&'static str, &'static str, &'static str, &'static str) {
                match self { $(Self::$kind => ($name, $group, $version, $plural)),* }
            }
        }
    };
}

kinds! {
    Namespace "Namespace" "" "v1" "namespaces";
    ResourceQuota "ResourceQuota" "" "v1" "resourcequotas";
    LimitRange "LimitRange" "" "v1" "limitranges";
    ServiceAccount "ServiceAccount" "" "v1" "serviceaccounts";
    ConfigMap "ConfigMap" "" "v1" "configmaps";
    Secret "Secret" "" "v1" "secrets";
    PersistentVolumeClaim "PersistentVolumeClaim" "" "v1" "persistentvolumeclaims";
    Service "Service" "" "v1" "services";
    StorageClass "StorageClass" "storage.k8s.io" "v1" "storageclasses";
    Pod "Pod" "" "v1" "pods";
    Event "Event" "" "v1" "events";
    Deployment "Deployment" "apps" "v1" "deployments";
    ReplicaSet "ReplicaSet" "apps" "v1" "replicasets";
    NetworkPolicy "NetworkPolicy" "networking.k8s.io" "v1" "networkpolicies";
    Ingress "Ingress" "networking.k8s.io" "v1" "ingresses";
    IngressClass "IngressClass" "networking.k8s.io" "v1" "ingressclasses";
    Gateway "Gateway" "gateway.networking.k8s.io" "v1" "gateways";
    HttpRoute "HTTPRoute" "gateway.networking.k8s.io" "v1" "httproutes";
    HorizontalPodAutoscaler "HorizontalPodAutoscaler" "autoscaling" "v2" "horizontalpodautoscalers";
    PodDisruptionBudget "PodDisruptionBudget" "policy" "v1" "poddisruptionbudgets";
    Certificate "Certificate" "cert-manager.io" "v1" "certificates";
    RoleBinding "RoleBinding" "rbac.authorization.k8s.io" "v1" "rolebindings";
}

impl Kind {
    /// The value of `kind` in a manifest.
    pub fn name(self) -> &'static str {
        self.properties().0
    }

    pub fn group(self) -> &'static str {
        self.properties().1
    }

    /// The resource name in paths and in roles.
    pub fn plural(self) -> &'static str {
        self.properties().3
    }

    /// The value of `apiVersion` in a manifest.
    pub fn api_version(self) -> String {
        match self.group() {
            "" => self.properties().2.to_owned(),
            group => format!("{group}/{}", self.properties().2),
        }
    }

    pub fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::IngressClass | Self::StorageClass)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The base of requests for objects of this kind, in `namespace` if the kind is namespaced.
    pub fn collection(self, namespace: &str) -> Request {
        let (_, group, version, plural) = self.properties();
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        Request::new(match self.is_namespaced() {
            true => format!("{root}/{version}/namespaces/{namespace}/{plural}"),
            false => format!("{root}/{version}/{plural}"),
        })
    }
}
