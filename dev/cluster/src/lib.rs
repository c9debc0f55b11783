//! A real Kubernetes with two nodes on one machine: etcd, the control plane, containerd, kubelets, DNS,
//! network policies, an Ingress and Gateway controller, metrics and image registries.
//!
//! All of it runs in process, mount and network namespaces of its own. The machine's firewall, routes and
//! kernel settings stay as they are, and the kernel ends everything when the process that started it ends.
//! Not in namespaces are the limits of inotify and of tracked connections: all clusters and programs of a
//! machine share them, and they are not changed.

mod addons;
pub mod certificates;
mod client;
mod cluster;
mod control_plane;
pub mod http;
pub mod images;
mod node;
mod permissions;
mod programs;
pub mod provisioner;
mod registries;
mod sandbox;
pub mod service_account;
mod token_registry;

pub use client::{Client, FIELD_MANAGER, Response, condition_status};
pub use cluster::{Cluster, Options};
pub use permissions::PERMISSIONS;
pub use programs::{PROGRAMS_VARIABLE, Programs};
pub use registries::{PASSWORD, RegistryKind, USER};
