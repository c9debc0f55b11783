//! Objects with their types: field sets, merging, and server-side apply as the
//! [structured-merge-diff](https://github.com/kubernetes-sigs/structured-merge-diff) library does it.

pub mod check;
pub mod managers;
pub mod merge;
pub mod schema;
pub mod set;
