//! Times and durations for people.

use crate::text;
use jiff::Timestamp;

/// `4 min ago`.
pub fn ago(time: Timestamp) -> String {
    since(time, Timestamp::now())
}

fn since(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    if seconds < 0 {
        let duration = rough(-seconds);
        return text!("in {duration}", "dans {duration}");
    }
    if seconds < 5 {
        return text!("just now", "à l’instant");
    }
    let duration = rough(seconds);
    text!("{duration} ago", "il y a {duration}")
}

/// The largest unit of a duration.
fn rough(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86400 => format!("{} h", seconds / 3600),
        _ => {
            let days = seconds / 86400;
            text!("{days} d", "{days} j")
        }
    }
}

/// `1 min 5 s`.
pub fn duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// The day of a time, in UTC.
pub fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_to_now() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(since(at(1000), at(1003)), "just now");
        assert_eq!(since(at(1000), at(1030)), "30 s ago");
        assert_eq!(since(at(1000), at(5000)), "1 h ago");
        assert_eq!(since(at(1000), at(1000 + 90 * 86400)), "90 d ago");
        assert_eq!(since(at(1000 + 600), at(1000)), "in 10 min");
        assert_eq!(duration(65), "1 min 5 s");
    }
}
