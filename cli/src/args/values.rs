//! Types of arguments that several commands have.

use crate::{help, text};
use clap::{Args, ValueEnum};
use std::time::Duration;

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

impl From<OnOff> for bool {
    fn from(value: OnOff) -> Self {
        value == OnOff::On
    }
}

/// The service as a positional argument. Without it, [`Context::service`](crate::context::Context::service) finds the
/// only one.
#[derive(Clone, Debug, Default, Args)]
pub struct ServiceName {
    #[arg(
        value_name = "SERVICE",
        help = help!("The service; optional if there is only one", "Le service ; facultatif s’il n’y en a qu’un"),
    )]
    pub service: Option<String>,
}

/// A service as a positional argument. Without it, the command is about all services of the project.
#[derive(Clone, Debug, Default, Args)]
pub struct OnlyService {
    #[arg(
        value_name = "SERVICE",
        help = help!("Only this service", "Seulement ce service"),
    )]
    pub service: Option<String>,
}

/// How long to wait for something.
#[derive(Clone, Debug, Args)]
pub struct Timeout {
    #[arg(
        long, value_name = "TIME", default_value = "10m", value_parser = duration,
        help = help!(
            "How long to wait until it runs, such as 90s, 10m, 1h",
            "Combien de temps attendre qu’il fonctionne, comme 90s, 10m, 1h",
        ),
    )]
    pub timeout: Duration,
}

/// `90s`, `5m`, `2h`, or seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds = match text.get(number.len()..) {
        Some("" | "s") => 1,
        Some("m" | "min") => 60,
        Some("h") => 3600,
        _ => 0,
    };
    let duration = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    let duration = duration.filter(|duration| *duration > 0).map(Duration::from_secs);
    duration.ok_or_else(|| {
        text!("must be a time such as 90s, 5m or 2h", "doit être une durée comme 90s, 5m ou 2h")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        let seconds = |text| duration(text).ok().map(|duration| duration.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("10m"), Some(600));
        assert_eq!(seconds("2h"), Some(7200));
        assert_eq!(seconds("45"), Some(45));
        for text in ["", "m", "0s", "-5m", "5d", "1.5h", "99999999999999999999h"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
