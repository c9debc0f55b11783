//! The logs of a service's pods.

use super::{
    resume::Received,
    stream::{self, Reader},
};
use crate::{
    Outcome, Result,
    api::{Client, client::Request, segment, sse::Event},
    args::observe::Logs,
    context::Context,
    interrupt::until_interrupted,
    output::{Output, Style, clean},
    text,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

pub async fn run(context: &Context, args: &Logs) -> Result<Outcome> {
    let service = context.service(args.service.service.as_deref()).await?;
    let deployment = context.deployment_id(&service).await?;
    let path = format!("/api/v1/deployments/{}/logs", segment(&deployment));
    let client = context.client().await?;
    let request = || request(client, &path, args);
    let output = &context.output;
    if !args.follow {
        let log = request().header("accept", "text/plain").send().await?.text();
        print_text(output, &log);
        return Ok(Outcome::Done);
    }
    let mut printer =
        Printer { output, received: Received::default(), one_pod: args.pod.is_some() };
    let work = stream::follow(output, request, &mut printer);
    let goes_on = || {
        text!(
            "The service goes on. Follow it again: nokube logs {service} -f",
            "Le service continue. Pour le suivre de nouveau : nokube logs {service} -f"
        )
    };
    until_interrupted(work, goes_on).await?;
    Ok(Outcome::Done)
}

fn request<'a>(client: &'a Client, path: &str, args: &Logs) -> Request<'a> {
    let since = args.since.map(|since| since.as_secs());
    let request = client.get(path).optional_query("pod", args.pod.as_ref());
    let request = request.optional_query("tail", args.tail).optional_query("since", since);
    request.flag("previous", args.previous)
}

/// Prints a text as it is, or without control characters in a terminal.
pub fn print_text(output: &Output, text: &str) {
    if output.is_json() {
        output.json(&json!({ "log": text }));
    } else {
        output.print_raw(printable(output, text).as_bytes());
    }
}

/// Prints a line as it is, or without control characters in a terminal.
pub fn print_line(output: &Output, line: &str) {
    output.print(&printable(output, line));
}

fn printable<'a>(output: &Output, text: &'a str) -> Cow<'a, str> {
    if output.is_terminal() { clean(text) } else { text.into() }
}

/// The data of an event `log`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PodLine {
    pod: String,
    at: Option<Timestamp>,
    line: String,
    /// Why there is no log: the line is of the platform, not of the pod.
    reason: Option<String>,
}

/// Prints each line once.
struct Printer<'a> {
    output: &'a Output,
    received: Received,
    /// The lines need no name of a pod.
    one_pod: bool,
}

impl Reader for Printer<'_> {
    fn position(&mut self) -> Option<String> {
        self.received.next_stream()
    }

    fn read(&mut self, event: &Event) -> Result<bool> {
        if let Some(line) = new_line(&mut self.received, event) {
            self.print(&line, &event.data);
        }
        Ok(false)
    }
}

/// The line of an event, unless it was received before. A newer platform may send other events, and other data.
fn new_line(received: &mut Received, event: &Event) -> Option<PodLine> {
    if event.name != "log" {
        return None;
    }
    let line: PodLine = serde_json::from_str(&event.data).ok()?;
    let is_new = match &line.reason {
        Some(_) => received.is_new_notice(&line.pod, &line.line),
        None => received.is_new(&line.pod, line.at),
    };
    is_new.then_some(line)
}

impl Printer<'_> {
    fn print(&self, line: &PodLine, data: &str) {
        let output = self.output;
        if output.is_json() {
            let mut document: Value = serde_json::from_str(data).unwrap_or_default();
            if let Some(fields) = document.as_object_mut() {
                fields.insert("type".into(), "log".into());
            }
            output.json_line(&document);
        } else if line.reason.is_some() {
            output.note(
                &output.styled(Style::Faint, &clean(&format!("{}: {}", line.pod, line.line))),
            );
        } else if self.one_pod {
            print_line(output, &line.line);
        } else {
            let pod = output.styled_result(Style::Faint, &clean(&line.pod));
            output.print(&format!("{pod} | {}", printable(output, &line.line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{client_tests::output, contract},
        commands::logs::tests::start,
    };

    #[test]
    fn it_is_what_the_contract_says() {
        contract::response::<PodLine>("PodLine");
    }

    /// Collects lines until the one that says `end`.
    #[derive(Default)]
    struct Collector {
        received: Received,
        lines: Vec<String>,
    }

    impl Reader for Collector {
        fn position(&mut self) -> Option<String> {
            self.received.next_stream()
        }

        fn read(&mut self, event: &Event) -> Result<bool> {
            let line = new_line(&mut self.received, event).map(|line| line.line);
            let is_end = line.as_deref() == Some("end");
            self.lines.extend(line);
            Ok(is_end)
        }
    }

    fn event(pod: &str, second: u32, line: &str) -> String {
        let at = format!("2026-01-01T00:00:{second:02}.000000001Z");
        let data = json!({ "pod": pod, "at": at, "line": line });
        format!("event: log\nid: {at}\ndata: {data}\n\n")
    }

    #[tokio::test]
    async fn a_log_is_continued_without_losing_or_repeating_a_line() {
        let notice = "event: log\ndata: {\"pod\":\"c\",\"at\":null,\"line\":\"(not yet)\",\"reason\":\"not_yet\"}\n\n";
        let first = [
            "retry: 1000\n\n",
            notice,
            &event("a", 50, "a1"),
            &event("b", 40, "b1"),
            "event: log\nda",
        ];
        let second = [
            notice,
            &event("b", 40, "b1"),
            &event("b", 41, "b2"),
            &event("a", 50, "a1"),
            &event("a", 50, "a2"),
        ];
        let third = [event("c", 45, "c1"), event("a", 51, "end")];
        let (server, client) = start([first.concat(), second.concat(), third.concat()]).await;
        let mut collector = Collector::default();
        let request = || client.get("/logs").query("tail", 10);
        stream::follow(&output(), request, &mut collector).await.unwrap();
        assert_eq!(collector.lines, ["(not yet)", "a1", "b1", "b2", "a2", "c1", "end"]);
        let positions = server.headers("last-event-id");
        assert_eq!(positions[0], None);
        // Some seconds before the last line, because pods are not in order.
        let overlap = Some("2026-01-01T00:00:20Z");
        assert_eq!(positions[1..], [overlap.map(str::to_owned), overlap.map(str::to_owned)]);
    }
}
