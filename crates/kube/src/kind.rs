//! The kinds of objects that NoKube makes or looks at, and where the API server has them.

use kube_core::Request;

/// Makes the table of kinds.
macro_rules! kinds {
    ($($kind:ident $name:literal $group:literal $version:literal $plural:literal $namespaced:literal;)*) => {
        /// A kind of object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($kind),* }

        impl Kind {
            const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Name, group, version, plural, and whether it stands in a namespace.
            fn facts(self) -> (&'static str, &'static str, &'static str, &'static str, bool) {
                match self { $(Self::$kind => ($name, $group, $version, $plural, $namespaced)),* }
            }
        }
    };
}

kinds! {
    Namespace "Namespace" "" "v1" "namespaces" false;
    ResourceQuota "ResourceQuota" "" "v1" "resourcequotas" true;
    LimitRange "LimitRange" "" "v1" "limitranges" true;
    ServiceAccount "ServiceAccount" "" "v1" "serviceaccounts" true;
    ConfigMap "ConfigMap" "" "v1" "configmaps" true;
    Secret "Secret" "" "v1" "secrets" true;
    PersistentVolumeClaim "PersistentVolumeClaim" "" "v1" "persistentvolumeclaims" true;
    Service "Service" "" "v1" "services" true;
    Pod "Pod" "" "v1" "pods" true;
    Event "Event" "" "v1" "events" true;
    Deployment "Deployment" "apps" "v1" "deployments" true;
    ReplicaSet "ReplicaSet" "apps" "v1" "replicasets" true;
    NetworkPolicy "NetworkPolicy" "networking.k8s.io" "v1" "networkpolicies" true;
    Ingress "Ingress" "networking.k8s.io" "v1" "ingresses" true;
    HttpRoute "HTTPRoute" "gateway.networking.k8s.io" "v1" "httproutes" true;
    HorizontalPodAutoscaler "HorizontalPodAutoscaler" "autoscaling" "v2" "horizontalpodautoscalers" true;
    PodDisruptionBudget "PodDisruptionBudget" "policy" "v1" "poddisruptionbudgets" true;
    RoleBinding "RoleBinding" "rbac.authorization.k8s.io" "v1" "rolebindings" true;
}

impl Kind {
    /// As it stands in `kind`.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    pub fn group(self) -> &'static str {
        self.facts().1
    }

    /// As it stands in paths and in roles.
    pub fn plural(self) -> &'static str {
        self.facts().3
    }

    /// As it stands in `apiVersion`.
    pub fn api_version(self) -> String {
        match self.group() {
            "" => self.facts().2.to_owned(),
            group => format!("{group}/{}", self.facts().2),
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Requests about this kind, in `namespace` where it has one.
    pub fn at(self, namespace: &str) -> Request {
        let (_, group, version, plural, namespaced) = self.facts();
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        Request::new(match namespaced {
            true => format!("{root}/{version}/namespaces/{namespace}/{plural}"),
            false => format!("{root}/{version}/{plural}"),
        })
    }
}
