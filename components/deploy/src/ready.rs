//! What the component that answers `/ready` asks: are the settings well, and has the cluster given
//! us our rights. Reached by chaining only: `spin.toml` gives these no public path.

use crate::{cluster::Cluster, deploy::PREVIEW, settings::Settings};
use futures::future::join_all;
use http::StatusCode;
use nokube_edge::{Call, Reply, Result};
use nokube_kube::{request, rights::rights};
use serde::Deserialize;
use serde_json::json;

pub async fn settings(_: Call) -> Result<Reply> {
    let faults = match Settings::read().await {
        Ok(_) => Vec::new(),
        Err(not_set_up) => not_set_up.0,
    };
    Ok(Reply::json(StatusCode::OK, &json!({ "faults": faults })))
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

/// Asks the API server about every right that we need: in the namespace that first deployments are
/// tried in, where the operator's roles hold as in every project's.
pub async fn cluster(_: Call) -> Result<Reply> {
    let answer = |ok, detail: String| {
        Ok(Reply::json(StatusCode::OK, &json!({ "ok": ok, "detail": detail })))
    };
    // What is wrong with the settings is told by the other route.
    let Ok(cluster) = Cluster::new().await else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    let rights = rights(cluster.platform());
    let reviews: Vec<_> = rights.iter().map(|r| request::access_review(r, PREVIEW)).collect();
    let asked = reviews.iter().map(|review| cluster.read::<Review>(review));
    let mut missing = Vec::new();
    for (right, review) in rights.iter().zip(join_all(asked).await) {
        match review {
            Ok(Some(review)) if review.status.allowed => {}
            Ok(_) => missing.push(right.title()),
            Err(trouble) => return answer(false, trouble.sentence()),
        }
    }
    if missing.is_empty() {
        return answer(true, "the cluster answers, and the platform has its rights there".into());
    }
    let missing = missing.join(", ");
    answer(false, format!("these rights are missing (ops/rbac.yaml has them all): {missing}"))
}
