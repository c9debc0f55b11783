//! Evaluates the expressions of the workflow. The subset that it uses: names of contexts, string literals,
//! `==`, `||`, `&&`.
//!
//! Source of the rules: "Evaluate expressions in workflows and actions" in GitHub's documentation.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// The values of contexts, by their full name, such as `inputs.build_id`.
pub type Contexts = BTreeMap<String, String>;

/// Replaces every `${{ … }}` in `text`.
///
/// # Errors
/// As [`evaluate`], or an expression has no end.
pub fn expand(text: &str, contexts: &Contexts) -> Result<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, expression)) = rest.split_once("${{") {
        let parts = expression.split_once("}}");
        let (expression, after) = parts.with_context(|| format!("no }}}} in {expression}"))?;
        expanded += before;
        expanded += &evaluate(expression, contexts)?;
        rest = after;
    }
    Ok(expanded + rest)
}

/// The value of an expression. `""` and `"false"` count as false.
///
/// # Errors
/// It is not in the subset.
pub fn evaluate(expression: &str, contexts: &Contexts) -> Result<String> {
    if let Some((left, right)) = expression.split_once("||") {
        let left = evaluate(left, contexts)?;
        return if is_true(&left) { Ok(left) } else { evaluate(right, contexts) };
    }
    if let Some((left, right)) = expression.split_once("&&") {
        let left = evaluate(left, contexts)?;
        return if is_true(&left) { evaluate(right, contexts) } else { Ok(left) };
    }
    if let Some((left, right)) = expression.split_once("==") {
        return Ok((evaluate(left, contexts)? == evaluate(right, contexts)?).to_string());
    }
    let term = expression.trim();
    if let Some(literal) = term.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Ok(literal.to_owned());
    }
    ensure!(
        term.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
        "the workflow uses an expression that this runner does not know: {term}"
    );
    // As on GitHub, a property that does not exist is an empty string.
    Ok(contexts.get(term).map(String::as_str).unwrap_or("").to_owned())
}

pub fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false")
}
