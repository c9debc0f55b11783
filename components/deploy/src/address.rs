//! Checks that no other service of the project has the requested path or domain. If two services had the
//! same, the cluster would serve only one of them, without an error.

use crate::cluster::Cluster;
use nokube_domain::{
    Problem,
    deployments::{Address, Exposure, Spec},
};
use nokube_edge::Result;
use nokube_kube::{Tenant, names, observe::ObservedRoute, request};

/// # Errors
/// 422 if another service of the project has this address.
pub async fn check_available(cluster: &Cluster, tenant: &Tenant<'_>, spec: &Spec) -> Result<()> {
    let field = match &spec.exposure {
        Exposure::External { address: Address::Path(_), .. } => "custom_path",
        Exposure::External { address: Address::Domain(_), .. } => "custom_domain",
        _ => return Ok(()),
    };
    let platform = cluster.platform();
    let Some(address) = platform.external_address(tenant.project, spec) else { return Ok(()) };
    let Some(apps) = &platform.apps else { return Ok(()) };
    let list = request::list(apps.routing.kind(), &tenant.namespace(), None);
    // Errors are ignored: before the project's first deployment there is no namespace, and the platform has no
    // permissions in it.
    let own = [spec.service.to_string(), names::redirect_route(&spec.service)];
    for route in cluster.list::<ObservedRoute>(&list).await.unwrap_or_default() {
        // Routes are named after their service.
        let name = route.metadata.name.as_str();
        if !own.iter().any(|own| own == name) && route.serves(&address) {
            let detail = format!("is already the address of your service '{name}'");
            return Err(Problem::invalid_field(field, detail).into());
        }
    }
    Ok(())
}
