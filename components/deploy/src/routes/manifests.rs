//! `GET /api/v1/deployments/{deployment}/manifests`: the manifests of the newest revision, as
//! YAML by kind, with the values of secrets redacted.

use crate::{cluster::Cluster, deployment::Deployment};
use http::StatusCode;
use nokube_domain::{deployments::SecretValue, responses};
use nokube_edge::{Call, Reply, Result, store::Store};
use nokube_kube::{Manifests, manifest, redact};
use std::collections::BTreeMap;

pub async fn manifests(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let store = Store::open().await?;
    let deployment = Deployment::load(&call, &store).await?;
    let state = deployment.state()?;
    let cluster = Cluster::new().await?;
    let input = deployment.manifest_input(state);
    // Only the names of secrets are stored, not their values.
    let names = state.release.secrets.iter();
    let values: BTreeMap<_, _> =
        names.map(|name| (name.clone(), SecretValue::new(String::new()))).collect();
    let manifests = Manifests::new(cluster.platform(), &input, Some(&values));
    let namespace = manifest::namespace(cluster.platform(), &input.tenant);
    let response = responses::Manifests {
        deployment_id: deployment.id(),
        revision: deployment.revision.number,
        namespace: &namespace.name,
        manifests: redact::to_yaml(std::iter::once(&namespace).chain(manifests.all())),
    };
    Ok(Reply::json(StatusCode::OK, &response))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn manifests() -> Operation {
        Operation::new("readManifests", "Read the manifests of a deployment")
            .description("YAML for each kind of object. Values of secrets are hidden.")
            .json_response::<Manifests<'_>>(
                200,
                "The manifests.",
                json!({
                    "deployment_id": examples::DEPLOYMENT, "revision": 1,
                    "namespace": "nk-testuser-myapp", "manifests": examples::manifests(),
                }),
            )
    }
}
