//! A simulated Kubernetes cluster behind the API server's own HTTP interface: its objects with
//! server-side apply, validation, defaults and admission, the controllers that matter, and nodes
//! on which containers behave as their images' names say.
//!
//! Containers, by the last part of the image's name without tag and digest:
//!
//! | ends with | what it does |
//! |---|---|
//! | `-crash` | ends with code 1, again and again |
//! | `-oom` | is killed for its memory |
//! | `-nopull` | may not be pulled (403) |
//! | `-notag` | does not exist in the registry |
//! | `-pending` | fits on no node |
//! | `-unready` | runs, but is never ready |
//! | anything else | becomes ready |
//!
//! An image whose name contains `-root` runs as root. No traffic reaches a container.

mod access;
mod admission;
mod control;
mod controllers;
mod decode;
mod defaults;
mod delete;
mod discovery;
mod handle;
mod http;
mod hub;
mod json;
mod kubelet;
mod logs;
mod model;
mod options;
mod prepare;
mod quantity;
mod resources;
mod select;
mod status;
mod store;
mod typed;
mod validation;
mod write;

pub use handle::{Cluster, ClusterControl};
pub use options::{ClusterOptions, PrivateImages};
