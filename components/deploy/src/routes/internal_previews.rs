//! `POST /internal/services/{project}/{service}/previews/{number}`: looks whether the preview of a pull request is to be
//! deployed, or has ended.
//!
//! No public route leads here. The request says only where to look, so it would be harmless from anybody.

use crate::{cluster::Cluster, previews};
use nokube_domain::{ProjectId, previews::PreviewOf};
use nokube_edge::{Call, Reply, Result, chaining, store::Store};

pub async fn look(call: Call) -> Result<Reply> {
    let project: ProjectId = call.path_parameter("project", "project")?;
    let service = call.path_parameter("service", "service")?;
    let pull_request = call.path_parameter("number", "pull request")?;
    let (store, cluster) = (Store::open().await?, Cluster::new().await?);
    let of = PreviewOf { service, pull_request };
    let progress = previews::look(&store, &cluster, project, &of).await?;
    Ok(chaining::progress_reply(progress))
}
