//! `POST /internal/services/{project}/{service}/automation`: looks whether a build of a push is to be deployed.
//!
//! No public route leads here. The request says only where to look, so it would be harmless from anybody.

use crate::{automatic, cluster::Cluster};
use nokube_domain::{ProjectId, name::ServiceName};
use nokube_edge::{Call, Reply, Result, chaining, store::Store};

pub async fn automation(call: Call) -> Result<Reply> {
    let project: ProjectId = call.path_parameter("project", "project")?;
    let service: ServiceName = call.path_parameter("service", "service")?;
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let progress = automatic::look(&store, &cluster, project, &service).await?;
    Ok(chaining::progress_reply(progress))
}
