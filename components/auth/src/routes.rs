//! `GET /api/v1/routes`: every route of every component, with what it demands of its caller. The test
//! of access goes by this list, so a route cannot be forgotten there.

use http::{Request, StatusCode};
use nokube_domain::{
    ProblemKind,
    answer::{RouteView, Routes},
};
use nokube_edge::{
    Call, Failure, Reply, Result,
    outbound::{self, Timeouts},
};
use std::time::Duration;

const COMPONENTS: [&str; 4] = ["auth", "builds", "deploy", "webhook"];
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    idle: Duration::from_secs(4),
    total: Duration::from_secs(5),
};

pub async fn routes(call: Call) -> Result<Reply> {
    call.only_query(&[])?;
    let mut all = Vec::new();
    for component in COMPONENTS {
        let mut request = Request::new(Vec::new());
        let uri = format!("http://{component}.spin.internal/routes");
        *request.uri_mut() = uri.parse().unwrap_or_default();
        let answer = outbound::send(request, TIMEOUTS).await;
        let read = answer.ok().and_then(|a| serde_json::from_slice::<Routes>(a.body()).ok());
        let Some(Routes { routes }) = read else {
            let detail = format!("The component {component} does not answer.");
            return Err(Failure::problem(ProblemKind::UpstreamUnavailable, detail));
        };
        let of = |route| RouteView { component: Some(component.into()), ..route };
        all.extend(routes.into_iter().map(of));
    }
    Ok(Reply::json(StatusCode::OK, &Routes { routes: all }))
}
