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
