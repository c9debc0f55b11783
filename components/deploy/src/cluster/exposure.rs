//! The objects that requests to services pass.

use super::Cluster;
use nokube_domain::deployments::Exposure;
use nokube_kube::{
    Kind,
    observe::{ExposureObjects, List, Lookup},
    platform::{Certificates, Routing},
    request,
};
use serde::de::DeserializeOwned;

/// Which of the objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Nothing,
    Services,
    /// Services, routes, and what those need.
    All,
}

impl From<&Exposure> for Scope {
    fn from(exposure: &Exposure) -> Self {
        match exposure {
            Exposure::None => Self::Nothing,
            Exposure::Internal => Self::Services,
            Exposure::External { .. } => Self::All,
        }
    }
}

/// Reads the objects with a label, concurrently: up to four requests.
pub async fn fetch_exposure(
    cluster: &Cluster,
    namespace: &str,
    label: (&str, &str),
    scope: Scope,
) -> ExposureObjects {
    let mut objects = ExposureObjects::default();
    let apps = cluster.platform().apps.as_ref().filter(|_| scope == Scope::All);
    match (scope, apps) {
        (Scope::Nothing, _) => {}
        (_, None) => objects.services = list(cluster, Kind::Service, namespace, Some(label)).await,
        (_, Some(apps)) => {
            (objects.services, objects.routes, objects.certificates, ()) = futures::join!(
                list(cluster, Kind::Service, namespace, Some(label)),
                list(cluster, apps.routing.kind(), namespace, Some(label)),
                async {
                    match apps.certificates {
                        Certificates::Issuer(_) => {
                            list(cluster, Kind::Certificate, namespace, Some(label)).await
                        }
                        Certificates::None | Certificates::Shared => Lookup::Unreadable,
                    }
                },
                async {
                    match &apps.routing {
                        Routing::Ingress { .. } => {
                            objects.ingress_classes =
                                list(cluster, Kind::IngressClass, "", None).await;
                        }
                        Routing::Gateway { name, namespace, .. } => {
                            let get = request::get(Kind::Gateway, namespace, name);
                            objects.gateway = cluster.look_up(&get).await;
                        }
                    }
                }
            );
        }
    }
    objects
}

async fn list<T: DeserializeOwned>(
    cluster: &Cluster,
    kind: Kind,
    namespace: &str,
    label: Option<(&str, &str)>,
) -> Lookup<Vec<T>> {
    let request = request::list(kind, namespace, label);
    cluster.look_up::<List<T>>(&request).await.map(|list| list.items)
}
