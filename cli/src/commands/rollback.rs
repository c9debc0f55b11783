//! `nokube rollback`.

use super::deployed;
use crate::{
    Error, Outcome, Result,
    api::{
        Client, Received,
        releases::{Revision, Revisions},
        segment,
    },
    args::deploy::Rollback,
    context::Context,
    output::{Output, Table, time::ago},
    text,
};
use serde_json::json;

pub async fn run(context: &Context, args: Rollback) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let deployment = context.deployment_id(&service).await?;
    let path = format!("/api/v1/deployments/{}", segment(&deployment));
    let client = context.client().await?;
    if args.list {
        return list(&context.output, client, &path).await;
    }
    let asks = args.to.is_none() && context.output.can_ask() && !context.options.yes;
    let revision = match (args.to, asks) {
        (None, true) => Some(choose(&context.output, client, &path).await?),
        (to, _) => to,
    };
    let mut request = client.post(format!("{path}/rollback"));
    if let Some(revision) = revision {
        request = request.json(&json!({ "revision": revision }))?;
    }
    let created = request.receive().await.map_err(|error| explain(error, &service))?;
    let result = deployed::follow(context, created, &args.wait).await?;
    note_pause(context, &service).await?;
    Ok(result.print(&context.output))
}

/// Says that automatic deployment is paused, if there is one.
pub async fn note_pause(context: &Context, service: &str) -> Result<()> {
    if context.service_named(service).await?.automatic_deployments.is_some() {
        context.output.note(&text!(
            "What a push builds is not deployed until: nokube resume {service}",
            "Ce qu’un push construit n’est pas déployé avant : nokube resume {service}"
        ));
    }
    Ok(())
}

fn explain(error: Error, service: &str) -> Error {
    match error.reason() {
        Some("no_earlier_release") => error,
        _ => error.next(text!(
            "The releases: nokube rollback {service} --list",
            "Les révisions : nokube rollback {service} --list"
        )),
    }
}

async fn revisions(client: &Client, path: &str) -> Result<Received<Revisions>> {
    client.get(format!("{path}/revisions")).receive().await
}

async fn list(output: &Output, client: &Client, path: &str) -> Result<Outcome> {
    let revisions = revisions(client, path).await?;
    match output.is_json() {
        true => output.json(&revisions.json),
        false => output.table(&table(&revisions.revisions)),
    }
    Ok(Outcome::Done)
}

/// Asks for one of the releases before the current one.
async fn choose(output: &Output, client: &Client, path: &str) -> Result<u32> {
    let revisions = revisions(client, path).await?;
    let earlier: Vec<_> = revisions.revisions.iter().filter(|release| !release.current).collect();
    if earlier.is_empty() {
        return Err(Error::not_found(text!(
            "There is no earlier release to roll back to.",
            "Il n’y a pas de révision antérieure à laquelle revenir."
        )));
    }
    let question = text!("Roll back to which release?", "Revenir à quelle révision ?");
    let chosen = output.choose(&question, &earlier, |release| line(release))?;
    chosen.map(|release| release.revision).ok_or_else(|| Error::failed(question))
}

fn line(release: &Revision) -> String {
    let Revision { revision, by, created_at, .. } = release;
    let (ago, image) = (ago(*created_at), image(release));
    format!("{revision}  {ago}, {by}: {image}")
}

/// What was deployed, as short as it identifies it.
fn image(release: &Revision) -> String {
    match &release.build_id {
        Some(build) => text!("build {build}", "build {build}"),
        None => release.image_name.clone(),
    }
}

fn table(revisions: &[Revision]) -> Table {
    let mut table = Table::new([
        text!("revision", "révision"),
        text!("when", "quand"),
        text!("by", "par"),
        text!("image", "image"),
        String::new(),
    ]);
    for release in revisions {
        let notes = [
            release.current.then(|| text!("current", "actuelle")),
            release.automatic.then(|| text!("automatic", "automatique")),
            release.promoted_from.is_some().then(|| text!("promoted", "promue")),
        ];
        let notes: Vec<_> = notes.into_iter().flatten().collect();
        table.row([
            release.revision.to_string().into(),
            ago(release.created_at).into(),
            release.by.as_str().into(),
            image(release).into(),
            notes.join(", ").into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_named_by_its_build_or_its_image() {
        let release = |build: Option<&str>| -> Revision {
            let revision = json!({
                "revision": 3, "by": "alice", "created_at": jiff::Timestamp::now(), "current": true,
                "automatic": true, "promoted_from": null, "image_name": "nginx:1.29", "image_digest": null,
                "build_id": build, "configuration": {},
            });
            serde_json::from_value(revision).unwrap()
        };
        let table = table(&[release(Some("b1")), release(None)]).render(false);
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert!(
            lines[0].starts_with("3")
                && lines[0].ends_with("alice  build b1    current, automatic"),
            "{table}"
        );
        assert_eq!(line(&release(None)), "3  just now, alice: nginx:1.29");
    }
}
