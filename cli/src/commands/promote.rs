//! `nokube promote`.

use super::{deploy::print_dry_run, deployed};
use crate::{Outcome, Result, args::deploy::Promote, context::Context};
use serde_json::json;

pub async fn run(context: &Context, args: Promote) -> Result<Outcome> {
    let deployment = context.deployment_id(&args.service).await?;
    let (project, service) = target(&args.to, &args.service);
    let project = context.project_named(project).await?;
    let body = json!({
        "project_id": project.id, "service_name": service, "release_of": deployment,
    });
    let request = context.client().await?.post("/api/v1/deploy").json(&body)?;
    if args.dry_run {
        let dry_run = request.query("dry_run", true).receive().await?;
        return Ok(print_dry_run(context, &dry_run));
    }
    let created = request.receive().await?;
    Ok(deployed::follow(context, created, &args.wait).await?.print(&context.output))
}

/// `PROJECT`, `OWNER/PROJECT`, each with `/SERVICE` or without. A name with one slash is `PROJECT/SERVICE`.
fn target<'a>(to: &'a str, service: &'a str) -> (&'a str, &'a str) {
    match to.rsplit_once('/') {
        Some((project, service)) => (project, service),
        None => (to, service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_has_the_same_name_unless_another_one_is_given() {
        assert_eq!(target("production", "web"), ("production", "web"));
        assert_eq!(target("production/frontend", "web"), ("production", "frontend"));
        assert_eq!(target("alice/production/frontend", "web"), ("alice/production", "frontend"));
        assert_eq!(target("7", "web"), ("7", "web"));
    }
}
