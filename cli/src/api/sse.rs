//! Server-sent events.

use crate::{Error, Exit, Result, text};
use std::{collections::VecDeque, time::Duration};
use tokio::time::timeout;

/// The most bytes of an event.
const MAX_EVENT: usize = 16 << 20;

/// An event. `name` is `message` if the server has named none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub data: String,
    pub id: Option<String>,
}

/// The events of a response, in order.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    idle_timeout: Duration,
    parser: Parser,
    ready: VecDeque<Event>,
}

impl Events {
    pub(super) fn new(response: reqwest::Response, idle_timeout: Duration) -> Self {
        Self { response, idle_timeout, parser: Parser::default(), ready: VecDeque::new() }
    }

    /// The next event, or `None` at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let chunk = timeout(self.idle_timeout, self.response.chunk()).await;
            match chunk {
                Ok(Ok(Some(bytes))) => {
                    self.ready.extend(self.parser.push(&bytes));
                    if self.parser.len() > MAX_EVENT {
                        return Err(interrupted());
                    }
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(_)) | Err(_) => return Err(interrupted()),
            }
        }
    }
}

fn interrupted() -> Error {
    let message = text!(
        "The connection to the platform was cut.",
        "La connexion à la plateforme est coupée."
    );
    Error::new(Exit::Unavailable, message)
}

/// Splits bytes into events (WHATWG HTML, section 9.2.6).
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it belongs to the same end of line.
    after_return: bool,
    name: String,
    data: Option<String>,
    id: Option<String>,
}

impl Parser {
    /// The bytes of the event that has not ended yet.
    fn len(&self) -> usize {
        self.line.len() + self.data.as_ref().map_or(0, String::len)
    }

    fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_line(&String::from_utf8_lossy(&line)));
                }
                byte => self.line.push(byte),
            }
        }
        events
    }

    fn end_line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = self.data.take()?;
            let name = if name.is_empty() { "message".to_owned() } else { name };
            return Some(Event { name, data, id: self.id.clone() });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "id" => self.id = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(chunks: &[&str]) -> Vec<(String, String)> {
        let mut parser = Parser::default();
        let events = chunks.iter().flat_map(|chunk| parser.push(chunk.as_bytes()));
        events.collect::<Vec<_>>().into_iter().map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn events_may_arrive_in_pieces() {
        let whole = "event: log\ndata: a\ndata: b\n\n: heartbeat\n\ndata:c\r\n\r\nevent: end\n\n";
        let expected = [("log", "a\nb"), ("message", "c")]
            .map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(parse(&[whole]), expected);
        for cut in 0..whole.len() {
            let (first, second) = whole.split_at(cut);
            assert_eq!(parse(&[first, second]), expected, "cut at {cut}");
        }
    }

    #[test]
    fn an_event_that_does_not_end_is_measured() {
        let mut parser = Parser::default();
        parser.push(b"data: 1234\ndata: 5678\ndata");
        assert_eq!(parser.len(), "1234\n5678".len() + "data".len());
        parser.push(b": 9\n\n");
        assert_eq!(parser.len(), 0);
    }
}
