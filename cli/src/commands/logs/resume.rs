//! Continues the log of pods after a stream of server-sent events has ended, without losing or repeating a line.
//!
//! The server continues after the time in `Last-Event-ID`, the same for all pods. But the lines of several pods are not
//! sent in the order of time, so a line of one pod may be missing that is older than the last line of another one. That
//! is why lines are requested again from some seconds before, and those that were received are left out here.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How much later than lines of other pods a line may be sent.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);

/// What was received of all pods.
#[derive(Debug, Default)]
pub struct Received {
    pods: BTreeMap<String, Pod>,
    newest: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Pod {
    /// The time of the last line, and how many lines with this time were received.
    last: Option<(Timestamp, usize)>,
    /// Of those, how many the current stream has sent again.
    repeated: usize,
    /// The current stream has not yet sent a line that was not received before.
    is_repeating: bool,
    /// The last text that is not of the log, such as why there is none.
    notice: Option<String>,
}

impl Received {
    /// The `Last-Event-ID` of the next stream; `None` if no line was received. Begins the next stream.
    pub fn next_stream(&mut self) -> Option<String> {
        for pod in self.pods.values_mut() {
            (pod.is_repeating, pod.repeated) = (pod.last.is_some(), 0);
        }
        let newest = self.newest?;
        // One pod's lines are in order.
        let overlap = if self.pods.len() > 1 { OVERLAP } else { SignedDuration::ZERO };
        // The server leaves out what has exactly this time.
        let id = newest.checked_sub(overlap + SignedDuration::from_nanos(1));
        Some(id.unwrap_or(newest).to_string())
    }

    /// Whether a line is new. `at`: `None` if it continues the line before.
    pub fn is_new(&mut self, pod: &str, at: Option<Timestamp>) -> bool {
        let pod = self.pods.entry(pod.to_owned()).or_default();
        let Some(at) = at else { return !pod.is_repeating };
        pod.notice = None;
        if pod.is_repeating {
            match pod.last {
                Some((last, _)) if at < last => return false,
                Some((last, count)) if at == last && pod.repeated < count => {
                    pod.repeated += 1;
                    return false;
                }
                _ => pod.is_repeating = false,
            }
        }
        pod.last = match pod.last {
            Some((last, count)) if last == at => Some((at, count + 1)),
            _ => Some((at, 1)),
        };
        self.newest = self.newest.max(Some(at));
        true
    }

    /// Whether a text about a pod was not shown since its last line. Each stream sends it again.
    pub fn is_new_notice(&mut self, pod: &str, text: &str) -> bool {
        let pod = self.pods.entry(pod.to_owned()).or_default();
        let is_new = pod.notice.as_deref() != Some(text);
        if is_new {
            pod.notice = Some(text.to_owned());
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::new(1_755_000_000 + seconds, 5).unwrap())
    }

    #[test]
    fn of_one_pod_the_next_stream_repeats_only_lines_of_the_last_time() {
        let mut received = Received::default();
        assert_eq!(received.next_stream(), None);
        assert!(received.is_new("a", at(1)) && received.is_new("a", at(2)));
        // The stream ends between two lines of the same time.
        let id: Timestamp = received.next_stream().unwrap().parse().unwrap();
        assert!(Some(id) < at(2) && Some(id) > at(1));
        assert!(!received.is_new("a", at(2)), "it was received");
        assert!(received.is_new("a", at(2)), "another line of the same time");
        assert!(received.is_new("a", at(3)));
        received.next_stream();
        assert!(received.is_new("a", at(4)), "the server need not repeat anything");
    }

    #[test]
    fn a_late_line_of_another_pod_is_neither_lost_nor_repeated() {
        let mut received = Received::default();
        assert!(received.is_new("a", at(100)) && received.is_new("b", at(90)));
        let id: Timestamp = received.next_stream().unwrap().parse().unwrap();
        assert!(Some(id) < at(90), "{id}");
        assert!(!received.is_new("a", at(100)) && !received.is_new("b", at(90)));
        assert!(received.is_new("b", at(91)), "it was written before the last line of a");
        assert!(received.is_new("a", at(101)) && received.is_new("c", at(95)));
    }

    #[test]
    fn a_part_of_a_line_goes_with_the_line() {
        let mut received = Received::default();
        assert!(received.is_new("a", at(1)) && received.is_new("a", None));
        received.next_stream();
        assert!(!received.is_new("a", at(1)) && !received.is_new("a", None));
        assert!(received.is_new("a", at(2)) && received.is_new("a", None));
    }

    #[test]
    fn why_there_is_no_log_is_shown_once() {
        let mut received = Received::default();
        assert!(received.is_new_notice("a", "not yet"));
        received.next_stream();
        assert!(!received.is_new_notice("a", "not yet") && received.is_new_notice("b", "not yet"));
        assert!(received.is_new("a", at(1)));
        assert!(received.is_new_notice("a", "not yet"), "its container has started again");
    }
}
