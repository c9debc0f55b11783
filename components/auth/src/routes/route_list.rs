//! `GET /api/v1/routes`: every route of every component, with the access that it requires. The access test
//! uses this list, so no route can be missing from it.

use http::StatusCode;
use nokube_domain::{
    ProblemKind,
    responses::{RouteView, Routes},
};
use nokube_edge::{Call, Error, Reply, Result, chaining};
use std::time::Duration;

const COMPONENTS: [&str; 5] = ["auth", "builds", "deploy", "platform", "webhook"];
const TIMEOUT: Duration = Duration::from_secs(5);

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&[])?;
    let mut all = Vec::new();
    for component in COMPONENTS {
        let body = chaining::get(component, "/routes", TIMEOUT).await;
        let routes = body.and_then(|body| serde_json::from_slice::<Routes>(&body).ok());
        let Some(Routes { routes }) = routes else {
            let detail = format!("The component {component} does not answer.");
            return Err(Error::problem(ProblemKind::UpstreamUnavailable, detail));
        };
        let with_component = |route| RouteView { component: Some(component.into()), ..route };
        all.extend(routes.into_iter().map(with_component));
    }
    Ok(Reply::json(StatusCode::OK, &Routes { routes: all }))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        let route = json!({
            "method": "GET", "path": "/api/v1/builds/{build}", "demand": "role",
            "role": "viewer", "scope": "read", "component": "builds",
        });
        Operation::new("listRoutes", "List all routes")
            .description("Each with its access policy.")
            .json_response::<Routes>(200, "The routes.", json!({ "routes": [route] }))
            .problem(ProblemKind::UpstreamUnavailable, "The component builds does not answer.")
    }
}
