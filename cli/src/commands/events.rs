//! `nokube events`.

use crate::{
    Outcome, Result,
    api::{
        Received,
        platform::{ClusterEvent, ClusterEvents},
        segment,
    },
    args::observe::Events,
    context::Context,
    output::{Style, Table, table::Cell, time::ago},
    text,
};

pub async fn run(context: &Context, args: Events) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let deployment = context.deployment_id(&service).await?;
    let path = format!("/api/v1/deployments/{}/events", segment(&deployment));
    let events: Received<ClusterEvents> = context.client().await?.get(path).receive().await?;
    let output = &context.output;
    if output.is_json() {
        output.json(&events.json);
    } else if events.events.is_empty() {
        output.note(&text!("There are no recent events.", "Aucun événement récent."));
    } else {
        output.table(&table(&events.events));
    }
    Ok(Outcome::Done)
}

fn table(events: &[ClusterEvent]) -> Table {
    let mut table = Table::new([
        text!("when", "quand"),
        text!("object", "objet"),
        text!("reason", "raison"),
        text!("message", "message"),
    ]);
    for event in events {
        let style = if event.kind == "Warning" { Style::Warning } else { Style::Plain };
        let count = if event.count > 1 { format!(" (×{})", event.count) } else { String::new() };
        table.row([
            event.at.map(ago).unwrap_or_default().into(),
            event.object.as_str().into(),
            Cell::styled(event.reason.as_str(), style),
            format!("{}{count}", event.message).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_that_came_several_times_is_one_line() {
        let event = json!({
            "at": null, "type": "Warning", "reason": "BackOff", "message": "Back-off\nrestarting",
            "object": "Pod web-1", "count": 12,
        });
        let events = [serde_json::from_value(event).unwrap()];
        let expected = "WHEN  OBJECT     REASON   MESSAGE\n      Pod web-1  BackOff  Back-off restarting (×12)\n";
        assert_eq!(table(&events).render(false), expected);
    }
}
