//! Is the place where a service wants to be reached free within its project? A chosen path or domain
//! could be another service's already; the cluster would serve one of the two and say nothing.

use crate::cluster::Cluster;
use nokube_domain::{
    DeploymentId, Problem,
    deploy::{At, Exposure, Spec},
};
use nokube_edge::Result;
use nokube_kube::{Kind, Tenant, observe::List, platform::Address, request};
use serde_json::Value;

/// The label that says whose a route is, as a JSON pointer.
const LABEL: &str = "/metadata/labels/nokube.dev~1deployment";

/// # Errors
/// 422 when another deployment of the project is reached there; or the cluster does not answer.
pub async fn check(
    cluster: &Cluster,
    tenant: &Tenant<'_>,
    spec: &Spec,
    own: Option<DeploymentId>,
) -> Result<()> {
    let field = match &spec.exposure {
        Exposure::External { at: At::Path(_), .. } => "custom_path",
        Exposure::External { at: At::Domain(_), .. } => "custom_domain",
        _ => return Ok(()),
    };
    let Some(address) = cluster.platform().address(tenant.project, spec) else { return Ok(()) };
    let kind = if cluster.settings.offer.paths { Kind::HttpRoute } else { Kind::Ingress };
    let list = request::list(kind, tenant.namespace().as_str(), None);
    // Before the project's first deployment there is no namespace, and we may have no rights in it.
    let found = cluster.read::<List<Value>>(&list).await.ok().flatten();
    let own = own.map(|own| own.to_string());
    for route in found.map(|list| list.items).unwrap_or_default() {
        let text = |pointer: &str| route.pointer(pointer).and_then(Value::as_str);
        let is_own = own.is_some() && text(LABEL) == own.as_deref();
        if !is_own && serves(&route, &address) {
            let name = text("/metadata/name").unwrap_or_default();
            let detail = format!("is where your service '{name}' is reached");
            return Err(Problem::field(field, detail).into());
        }
    }
    Ok(())
}

/// Does a route (of either kind) serve this address?
fn serves(route: &Value, address: &Address) -> bool {
    let text = |pointer: &str| route.pointer(pointer).and_then(Value::as_str);
    let host = text("/spec/hostnames/0").or(text("/spec/rules/0/host"));
    let path =
        text("/spec/rules/0/matches/0/path/value").or(text("/spec/rules/0/http/paths/0/path"));
    host == Some(address.host.as_str()) && path == Some(address.path.as_str())
}
