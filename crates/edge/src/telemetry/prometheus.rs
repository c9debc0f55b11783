//! Gauges in the Prometheus text format 0.0.4.

use std::fmt::{Display, Write as _};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A gauge. Each value has at most one label. Names and labels are ours, so nothing is escaped.
pub struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    pub values: Vec<(Option<Label>, u64)>,
}

pub type Label = (&'static str, String);

impl Gauge {
    pub fn single(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, values: vec![(None, value)] }
    }

    /// Counts the items of each kind, including kinds without items.
    pub fn per_label<T: PartialEq + Display>(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        kinds: &[T],
        items: &[T],
    ) -> Self {
        let values = kinds.iter().map(|kind| {
            let count = items.iter().filter(|item| *item == kind).count();
            (Some((label, kind.to_string())), u64::try_from(count).unwrap_or(u64::MAX))
        });
        Self { name, help, values: values.collect() }
    }
}

pub fn render(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for Gauge { name, help, values } in gauges {
        // Writing to a String does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (label, value) in values {
            let _ = match label {
                Some((label, kind)) => writeln!(text, "{name}{{{label}=\"{kind}\"}} {value}"),
                None => writeln!(text, "{name} {value}"),
            };
        }
    }
    text
}
