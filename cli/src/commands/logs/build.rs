//! The log of a build.

use super::{
    pods::{print_line, print_text},
    stream::{self, Reader},
};
use crate::{
    Outcome, Result,
    api::{
        builds::{BuildStatus, Step},
        segment,
        sse::Event,
    },
    context::Context,
    follow::statuses::{build_status, step_name, step_status},
    interrupt::until_interrupted,
    output::{Output, Style, clean},
    text,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub async fn run(context: &Context, build: &str, follow: bool) -> Result<Outcome> {
    let path = format!("/api/v1/builds/{}/logs", segment(build));
    let client = context.client().await?;
    let output = &context.output;
    if !follow {
        let log = client.get(path).header("accept", "text/plain").send().await?.text();
        print_text(output, &log);
        return Ok(Outcome::Done);
    }
    let mut printer = Printer { output, position: None, steps: BTreeMap::new() };
    let work = stream::follow(output, || client.get(path.as_str()), &mut printer);
    let goes_on = || {
        text!(
            "The build goes on. Follow it again: nokube build logs {build} -f",
            "Le build continue. Pour le suivre de nouveau : nokube build logs {build} -f"
        )
    };
    until_interrupted(work, goes_on).await?;
    Ok(Outcome::Done)
}

/// Prints lines of the log to standard output, and steps to standard error. The server sends lines once, and steps in
/// each response.
struct Printer<'a> {
    output: &'a Output,
    position: Option<String>,
    /// The statuses that were printed, by the number of the step.
    steps: BTreeMap<u32, String>,
}

impl Reader for Printer<'_> {
    fn position(&mut self) -> Option<String> {
        self.position.clone()
    }

    fn read(&mut self, event: &Event) -> Result<bool> {
        if event.id.is_some() {
            self.position.clone_from(&event.id);
        }
        // A newer platform may send other data.
        let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        match event.name.as_str() {
            "log" => self.line(&data),
            "step" => self.step(&data),
            "end" => {
                self.end(&data);
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }
}

impl Printer<'_> {
    fn line(&self, data: &Value) {
        match (self.output.is_json(), data.as_str()) {
            (true, _) => self.output.json_line(&json!({ "type": "log", "line": data })),
            (false, Some(line)) => print_line(self.output, line),
            (false, None) => {}
        }
    }

    fn step(&mut self, data: &Value) {
        let Ok(step) = serde_json::from_value::<Step>(data.clone()) else { return };
        let known = self.steps.insert(step.number, step.status.clone());
        if known.as_deref() == Some(step.status.as_str()) {
            return;
        }
        if self.output.is_json() {
            self.output.json_line(&json!({ "type": "step", "step": data }));
        } else if step.status != "pending" {
            let line = format!("{}: {}", step_name(&step.name), step_status(&step));
            self.output.note(&self.output.styled(Style::Faint, &clean(&line)));
        }
    }

    fn end(&self, data: &Value) {
        if self.output.is_json() {
            self.output.json_line(&json!({ "type": "end", "status": data }));
            return;
        }
        let status = BuildStatus(data.as_str().unwrap_or_default().to_owned());
        let style = Style::of_status(status.as_str());
        self.output.note(&self.output.styled(style, &clean(&build_status(&status))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::client_tests::output, commands::logs::tests::start};

    #[tokio::test]
    async fn the_log_is_read_until_the_build_ends() {
        let step = |status: &str| {
            let step = json!({
                "number": 1, "name": "Build", "status": status, "started_at": null, "completed_at": null,
            });
            format!("event: step\nid: 1.0.0\ndata: {step}\n\n")
        };
        let first = [step("running"), "event: log\nid: 1.0.1\ndata: \"one\"\n\n".to_owned()];
        let second = [
            step("success"),
            "event: log\nid: 1.0.2\ndata: \"two\"\n\n".into(),
            "event: later\nid: 1.1.0\ndata: {}\n\n".into(),
            "event: end\nid: 1.1.0\ndata: \"success\"\n\n".into(),
        ];
        let (server, client) = start([first.concat(), second.concat()]).await;
        let output = output();
        let mut printer = Printer { output: &output, position: None, steps: BTreeMap::new() };
        stream::follow(&output, || client.get("/logs"), &mut printer).await.unwrap();
        assert_eq!(server.headers("last-event-id"), [None, Some("1.0.1".into())]);
        assert_eq!(printer.steps, [(1, "success".to_owned())].into());
    }

    #[tokio::test]
    async fn a_refusal_ends_it() {
        let (_server, client) = start([]).await;
        let output = output();
        let mut printer = Printer { output: &output, position: None, steps: BTreeMap::new() };
        let error = stream::follow(&output, || client.get("/logs"), &mut printer).await;
        assert_eq!(error.unwrap_err().exit, crate::Exit::NotFound);
    }
}
