//! Typed objects: schemas, sets of fields, typed merge and field ownership, as in the
//! [structured-merge-diff](https://github.com/kubernetes-sigs/structured-merge-diff) library, which
//! implements server-side apply.

pub mod field_set;
pub mod go_format;
pub mod managed_fields;
pub mod merge;
pub mod schema;
pub mod type_check;
