//! A request to write an object, and its result.

use jiff::Timestamp;
use serde_json::Value;

use crate::kubernetes::state::resources::Resource;
use crate::kubernetes::typed::managed_fields::Writer;
use crate::kubernetes::typed::schema::Type;

#[derive(Debug, Clone, Copy)]
pub struct WriteRequest<'a> {
    pub resource: &'static Resource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub field_manager: &'a str,
    /// `status`, `scale` or empty.
    pub subresource: &'a str,
    pub dry_run: bool,
    /// Takes fields from other managers.
    pub force: bool,
    pub field_validation: FieldValidation,
    pub now: Timestamp,
}

/// What happens to unknown fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl<'a> WriteRequest<'a> {
    pub fn new(
        resource: &'static Resource,
        namespace: &'a str,
        name: &'a str,
        field_manager: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            resource,
            namespace,
            name,
            field_manager,
            subresource: "",
            dry_run: false,
            force: false,
            field_validation: FieldValidation::Warn,
            now,
        }
    }

    pub fn schema(&self) -> Type {
        Type::Struct(self.resource.kind)
    }

    pub fn writer(&self) -> Writer<'a> {
        Writer { name: self.field_manager, subresource: self.subresource, now: self.now }
    }
}

#[derive(Debug)]
pub struct WriteResult {
    /// The object as it is stored, or as it would be in a dry run.
    pub object: Value,
    /// Whether the object is new.
    pub created: bool,
    pub warnings: Vec<String>,
}
