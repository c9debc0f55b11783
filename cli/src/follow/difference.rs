//! The result of a dry run as lines: each object, and the fields that would change.

use crate::{
    api::dry_run::{DryRun, FieldChange, ObjectVerdict},
    output::{Style, clean},
    text,
};

/// A line with its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub style: Style,
    pub text: String,
}

impl Line {
    pub fn new(style: Style, text: impl AsRef<str>) -> Self {
        Self { style, text: clean(text.as_ref()).into_owned() }
    }
}

/// What a deployment would do.
pub fn of_dry_run(dry_run: &DryRun) -> Vec<Line> {
    let mut lines = Vec::new();
    match dry_run.accepted {
        true => lines.push(Line::new(
            Style::Good,
            text!("The cluster accepts the deployment.", "Le cluster accepte le déploiement."),
        )),
        false => lines.push(Line::new(
            Style::Bad,
            text!(
                "The cluster would reject the deployment.",
                "Le cluster refuserait le déploiement."
            ),
        )),
    }
    lines.extend(dry_run.note.iter().map(|note| Line::new(Style::Faint, note)));
    lines.extend(dry_run.warnings.iter().map(|warning| Line::new(Style::Warning, warning)));
    if !dry_run.variables.is_empty() {
        lines.push(Line::new(Style::Strong, text!("Variables", "Variables")));
        lines.extend(dry_run.variables.iter().flat_map(of_change));
    }
    let (unchanged, changed): (Vec<_>, Vec<_>) =
        dry_run.objects.iter().partition(|object| object.verdict == "unchanged");
    lines.extend(changed.into_iter().flat_map(of_object));
    let unchanged = unchanged.len();
    if unchanged > 0 {
        lines.push(Line::new(
            Style::Faint,
            text!("Objects that stay as they are: {unchanged}", "Objets inchangés : {unchanged}"),
        ));
    }
    lines
}

fn of_object(object: &ObjectVerdict) -> Vec<Line> {
    let ObjectVerdict { kind, name, verdict, field, detail, difference } = object;
    let (style, verdict) = match verdict.as_str() {
        "create" => (Style::Good, text!("+ {kind} {name} (new)", "+ {kind} {name} (nouveau)")),
        "change" => {
            (Style::Warning, text!("~ {kind} {name} (changed)", "~ {kind} {name} (modifié)"))
        }
        "remove" => (Style::Bad, text!("- {kind} {name} (removed)", "- {kind} {name} (retiré)")),
        "refused" => (Style::Bad, text!("! {kind} {name} (rejected)", "! {kind} {name} (refusé)")),
        "unknown" => {
            (Style::Plain, text!("? {kind} {name} (unknown)", "? {kind} {name} (inconnu)"))
        }
        other => (Style::Plain, format!("? {kind} {name} ({other})")),
    };
    let mut lines = vec![Line::new(style, verdict)];
    let field = field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let detail = detail.iter().map(|detail| Line::new(style, format!("    {field}{detail}")));
    lines.extend(detail);
    lines.extend(difference.iter().flat_map(of_change));
    lines
}

/// The value before and after, each in a line.
pub fn of_change(change: &FieldChange) -> Vec<Line> {
    let FieldChange { field, before, after } = change;
    let value = |sign: char, style: Style, value: &Option<String>| {
        let value = value.as_deref()?.replace('\n', "\\n");
        Some(Line::new(style, format!("    {sign} {field}: {value}")))
    };
    [value('-', Style::Bad, before), value('+', Style::Good, after)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn dry_run(fields: Value) -> DryRun {
        let mut all = json!({
            "accepted": true, "note": null, "access_url": null, "variables": [], "objects": [], "warnings": [],
        });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn texts(dry_run: &DryRun) -> Vec<String> {
        of_dry_run(dry_run).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_difference_has_the_values_before_and_after_in_red_and_green() {
        let dry_run = dry_run(json!({
            "variables": [{"field": "COLOUR", "before": "red", "after": "blue"}],
            "objects": [
                {"kind": "Deployment", "name": "shop", "verdict": "change", "difference": [
                    {"field": "spec.replicas", "before": null, "after": "2"}]},
                {"kind": "Service", "name": "shop", "verdict": "unchanged"},
                {"kind": "Ingress", "name": "shop", "verdict": "remove"},
            ],
        }));
        let expected = [
            "The cluster accepts the deployment.",
            "Variables",
            "    - COLOUR: red",
            "    + COLOUR: blue",
            "~ Deployment shop (changed)",
            "    + spec.replicas: 2",
            "- Ingress shop (removed)",
            "Objects that stay as they are: 1",
        ];
        assert_eq!(texts(&dry_run), expected);
        let styles: Vec<_> = of_dry_run(&dry_run).iter().map(|line| line.style).collect();
        assert_eq!(styles.get(2..4), Some(&[Style::Bad, Style::Good][..]));
    }

    #[test]
    fn what_the_cluster_would_reject_names_the_field_to_change() {
        let dry_run = dry_run(json!({
            "accepted": false,
            "objects": [{"kind": "Deployment", "name": "shop", "verdict": "refused", "field": "memory_limit",
                "detail": "must be at most 2Gi"}],
        }));
        let expected = [
            "The cluster would reject the deployment.",
            "! Deployment shop (rejected)",
            "    memory_limit: must be at most 2Gi",
        ];
        assert_eq!(texts(&dry_run), expected);
    }

    #[test]
    fn a_value_cannot_change_what_the_terminal_shows() {
        let change =
            FieldChange { field: "A".into(), before: None, after: Some("x\u{1b}[2J\ny".into()) };
        let lines = of_change(&change);
        assert_eq!(lines.first().map(|line| line.text.as_str()), Some("    + A: x[2J\\ny"));
    }
}
