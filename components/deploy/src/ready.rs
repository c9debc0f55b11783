//! What the component that answers `/ready` asks: are the settings well, and has the cluster given
//! us our rights. Reached by chaining only: `spin.toml` gives these no public path.

use crate::{
    cluster::{Cluster, Trouble},
    deploy::PREVIEW,
    settings::Settings,
};
use futures::future::join_all;
use http::StatusCode;
use nokube_edge::{Call, Reply, Result};
use nokube_kube::{
    kind::Kind,
    platform::Routing,
    refusal::Refusal,
    request,
    rights::{beyond_the_fence, listed, rights},
};
use serde::{Deserialize, de::IgnoredAny};
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
    match look(&cluster).await {
        Ok(None) => {
            answer(true, "the cluster answers, and the platform has its rights there".into())
        }
        Ok(Some(wrong)) => answer(false, wrong),
        Err(Trouble::Away(why)) => {
            answer(false, format!("the cluster does not answer: {}", why.cause()))
        }
        Err(Trouble::Refused(Refusal::Unauthenticated)) => {
            let detail = "the cluster does not take kubernetes_token: it has ended, or is another cluster's. \
                          Make another: kubectl -n nokube create token nokube-deployer --duration=8760h";
            answer(false, detail.into())
        }
        Err(trouble) => answer(false, trouble.sentence()),
    }
}

/// What is wrong in the cluster, if anything.
async fn look(cluster: &Cluster) -> std::result::Result<Option<String>, Trouble> {
    let platform = cluster.platform();
    let rights = rights(platform);
    let reviews: Vec<_> = rights.iter().map(|r| request::access_review(r, PREVIEW)).collect();
    let asked = reviews.iter().map(|review| cluster.read::<Review>(review));
    let mut missing = Vec::new();
    for (right, review) in rights.iter().zip(join_all(asked).await) {
        if !review?.is_some_and(|review| review.status.allowed) {
            missing.push(right);
        }
    }
    if !missing.is_empty() {
        let missing = listed(&missing);
        return Ok(Some(format!(
            "these rights are missing (ops/rbac.yaml has them all): {missing}"
        )));
    }
    let uses_gateway =
        platform.apps.as_ref().is_some_and(|apps| matches!(apps.routing, Routing::Gateway { .. }));
    if uses_gateway {
        let routes = request::list_metadata(Kind::HttpRoute, PREVIEW, None);
        if cluster.read::<IgnoredAny>(&routes).await?.is_none() {
            let detail = "the Gateway API is not installed in the cluster (it knows no httproutes): install \
                          its definitions, or set apps_routing to ingress";
            return Ok(Some(detail.into()));
        }
    }
    // Who has rights in the whole cluster needs no fence, and has none.
    if platform.role.is_some() && cluster.send(&beyond_the_fence()).await.is_ok() {
        let detail = "nothing keeps the platform in its own namespaces: apply ops/rbac.yaml with your \
                      host (docs/install.md, step 7), whose ValidatingAdmissionPolicy does";
        return Ok(Some(detail.into()));
    }
    Ok(None)
}
