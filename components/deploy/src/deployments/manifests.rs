//! `GET /api/v1/deployments/{deployment}/manifests`: what the cluster was told, as YAML by kind, with
//! the values of secrets hidden. Made anew from the revision; nothing is kept.

use crate::{cluster::Cluster, present::load};
use http::StatusCode;
use nokube_domain::{answer, deploy::SecretText};
use nokube_edge::{Call, Reply, Result, store::Store};
use nokube_kube::{Manifests, manifest, shown};
use std::collections::BTreeMap;

pub async fn manifests(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let store = Store::open().await?;
    let loaded = load(&call, &store).await?;
    let run = loaded.run()?;
    let cluster = Cluster::new().await?;
    let deployed = loaded.deployed(run);
    // The names are known here, the values are not.
    let names = run.release.secrets.iter();
    let hidden: BTreeMap<_, _> =
        names.map(|name| (name.clone(), SecretText::new(String::new()))).collect();
    let manifests = Manifests::new(cluster.platform(), &deployed, Some(&hidden));
    let namespace = manifest::namespace(cluster.platform(), &deployed.tenant);
    let answer = answer::Manifests {
        deployment_id: loaded.id(),
        revision: loaded.revision.number,
        namespace: &namespace.name,
        manifests: shown::yaml(std::iter::once(&namespace).chain(manifests.all())),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}
