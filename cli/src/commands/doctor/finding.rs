//! The results of checks, and how they are printed.

use crate::text;
use serde_json::{Value, json};

/// The result of a check.
#[derive(Debug)]
pub struct Finding {
    pub check: String,
    pub detail: String,
    /// What to do. `None` if the check succeeded.
    pub advice: Option<String>,
}

impl Finding {
    pub fn ok(check: &str, detail: impl Into<String>) -> Self {
        Self { check: check.into(), detail: detail.into(), advice: None }
    }

    pub fn failed(check: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check: check.into(), detail: detail.into(), advice: Some(advice.into()) }
    }
}

/// How many checks failed.
pub fn failures(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.advice.is_some()).count()
}

/// A line for each check, and what to do if it failed.
pub fn report(findings: &[Finding]) -> String {
    let mut report = String::new();
    for Finding { check, detail, advice } in findings {
        let verdict = match advice {
            Some(_) => text!("WRONG", "ÉCHEC"),
            None => text!("ok", "ok"),
        };
        report += &format!("{verdict:<6}{}: {}\n", escape(check), escape(detail));
        if let Some(advice) = advice {
            let advice = escape(advice);
            report += &text!("      do: {advice}\n", "      à faire : {advice}\n");
        }
    }
    report
}

pub fn report_as_json(findings: &[Finding]) -> Value {
    let checks = findings.iter().map(|Finding { check, detail, advice }| {
        json!({ "check": check, "ok": advice.is_none(), "detail": detail, "advice": advice })
    });
    json!({ "ok": failures(findings) == 0, "checks": checks.collect::<Vec<_>>() })
}

/// Escapes characters with which texts from the platform or GitHub could control the terminal, start a line
/// of their own, or change the direction of writing.
fn escape(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escape = |c: char| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_a_line_and_a_failed_one_says_what_to_do() {
        let findings = [
            Finding::ok("a", "fine"),
            Finding::failed("b", "x\nok    c: fine\u{1b}]52;c", "repair it"),
        ];
        let expected =
            "ok    a: fine\nWRONG b: x\\u{a}ok    c: fine\\u{1b}]52;c\n      do: repair it\n";
        assert_eq!(report(&findings), expected);
        assert_eq!(failures(&findings), 1);
        let json = report_as_json(&findings);
        assert_eq!((&json["ok"], &json["checks"][0]["ok"]), (&json!(false), &json!(true)));
    }
}
