//! The clock of this computer, compared with the platform's.

use super::finding::Finding;
use crate::{output::time::duration, text};
use jiff::{Timestamp, fmt::rfc2822};

/// A larger difference makes tokens expire too early, or times be shown wrong.
const MAX_SECONDS: i64 = 60;

/// `date` is the header of a response that has just arrived. `None` if it has none.
pub fn check(date: Option<&str>, now: Timestamp) -> Option<Finding> {
    let platform = rfc2822::DateTimeParser::new().parse_timestamp(date?).ok()?;
    let ahead = now.as_second() - platform.as_second();
    let name = text!("clock", "horloge");
    if ahead.abs() <= MAX_SECONDS {
        return Some(Finding::ok(
            &name,
            text!("it agrees with the platform's", "elle concorde avec celle de la plateforme"),
        ));
    }
    let difference = duration(ahead.abs());
    let detail = match ahead > 0 {
        true => text!(
            "this computer's is {difference} ahead of the platform's",
            "celle de cet ordinateur a {difference} d’avance sur celle de la plateforme"
        ),
        false => text!(
            "this computer's is {difference} behind the platform's",
            "celle de cet ordinateur a {difference} de retard sur celle de la plateforme"
        ),
    };
    let advice = text!(
        "set the clock of this computer (NTP); if it is right, tell the platform's operator",
        "réglez l’horloge de cet ordinateur (NTP) ; si elle est juste, prévenez l’exploitant de la plateforme"
    );
    Some(Finding::failed(&name, detail, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_more_than_a_minute_is_wrong() {
        let now = "2026-11-30T08:00:00Z".parse().unwrap();
        let found = |date: &str| check(Some(date), now).unwrap();
        assert_eq!(found("Mon, 30 Nov 2026 07:59:30 GMT").advice, None);
        let ahead = found("Mon, 30 Nov 2026 07:50:00 GMT");
        assert_eq!(ahead.detail, "this computer's is 10 min 0 s ahead of the platform's");
        assert!(ahead.advice.is_some());
        let behind = found("Mon, 30 Nov 2026 09:00:00 GMT");
        assert_eq!(behind.detail, "this computer's is 1 h 0 min behind the platform's");
        assert!(check(None, now).is_none() && check(Some("yesterday"), now).is_none());
    }
}
