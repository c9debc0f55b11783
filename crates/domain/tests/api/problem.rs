//! Error responses.

use nokube_domain::{Problem, ProblemKind, problem::FieldError};
use serde_json::json;

#[test]
fn a_problem_is_serialized_as_rfc_9457_demands() {
    let error = |field: &str| FieldError { field: field.into(), detail: "is required".into() };
    let one = Problem::invalid(vec![error("name")]);
    assert_eq!(one.detail, "name: is required");
    let two = Problem::invalid(vec![error("a"), error("b")]);
    assert_eq!(
        serde_json::to_value(two.body("/api/v1/builds")).unwrap(),
        json!({
            "type": "/problems/invalid", "title": "Some fields need a change", "status": 422,
            "detail": "2 fields need a change.", "instance": "/api/v1/builds",
            "errors": [{ "field": "a", "detail": "is required" }, { "field": "b", "detail": "is required" }],
        })
    );
    let without_errors = Problem::new(ProblemKind::Conflict, "No.");
    assert!(serde_json::to_value(without_errors.body("/")).unwrap().get("errors").is_none());
}

#[test]
fn a_response_lists_fifty_errors_and_counts_the_rest() {
    let errors = |count: usize| {
        let error = |number: usize| FieldError::new(&format!("f{number}"), "is required");
        Problem::invalid((0..count).map(error).collect())
    };
    let fifty = serde_json::to_value(errors(50).body("/")).unwrap();
    assert_eq!(fifty["detail"], "50 fields need a change.");
    assert!(fifty.get("more_errors").is_none());
    let more = serde_json::to_value(errors(51).body("/")).unwrap();
    assert_eq!(more["errors"].as_array().unwrap().len(), 50);
    assert_eq!((&more["more_errors"], &more["errors"][49]["field"]), (&json!(1), &json!("f49")));
    assert_eq!(more["detail"], "51 fields need a change: these 50, and 1 more.");
}

#[test]
fn a_long_name_of_a_field_is_truncated() {
    let name = |text: &str| FieldError::new(text, "").field;
    assert_eq!(name(&"é".repeat(100)), "é".repeat(100));
    assert_eq!(name(&"é".repeat(5_000)), format!("{}…", "é".repeat(100)));
    let problem = Problem::invalid_field(&"x".repeat(5_000), "is not a parameter here");
    assert!(problem.detail.len() < 200, "{}", problem.detail);
}
