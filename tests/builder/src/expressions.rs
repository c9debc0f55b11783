//! Evaluates the expressions of the workflow. The subset that it uses: names of contexts, string literals,
//! `==`, `||`, `&&`.
//!
//! Source of the rules: "Evaluate expressions in workflows and actions" in GitHub's documentation.

use std::collections::BTreeMap;

/// The values of contexts, by their full name, such as `inputs.build_id`.
pub type Contexts = BTreeMap<String, String>;

/// Replaces every `${{ … }}` in `text`.
pub fn expand(text: &str, contexts: &Contexts) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, expression)) = rest.split_once("${{") {
        let (expression, after) = expression.split_once("}}").unwrap();
        expanded += before;
        expanded += &evaluate(expression, contexts);
        rest = after;
    }
    expanded + rest
}

/// The value of an expression. `""` and `"false"` count as false.
pub fn evaluate(expression: &str, contexts: &Contexts) -> String {
    if let Some((left, right)) = expression.split_once("||") {
        let left = evaluate(left, contexts);
        return if is_true(&left) { left } else { evaluate(right, contexts) };
    }
    if let Some((left, right)) = expression.split_once("&&") {
        let left = evaluate(left, contexts);
        return if is_true(&left) { evaluate(right, contexts) } else { left };
    }
    if let Some((left, right)) = expression.split_once("==") {
        return (evaluate(left, contexts) == evaluate(right, contexts)).to_string();
    }
    let term = expression.trim();
    if let Some(literal) = term.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return literal.to_owned();
    }
    assert!(
        term.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
        "the workflow uses an expression that this runner does not know: {term}"
    );
    contexts.get(term).cloned().unwrap_or_default()
}

pub fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false")
}
