//! Admission (stub).
use super::model::Model;
use super::resources::Resource;
use super::status::Refusal;
use serde_json::Value;
pub fn check_namespace(_: &Model, _: &Resource, _: &str, _: &str) -> Result<(), Refusal> {
    Ok(())
}
pub fn mutate(_: &Model, _: &Resource, _: &mut Value) -> Result<(), Refusal> {
    Ok(())
}
pub fn validate(
    _: &Model,
    _: &Resource,
    _: &Value,
    _: Option<&Value>,
) -> Result<Vec<String>, Refusal> {
    Ok(vec![])
}
