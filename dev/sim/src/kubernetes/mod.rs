//! A simulation of a Kubernetes cluster behind the API server's own HTTP API, as far as NoKube uses it:
//! objects with server-side apply, the controllers that make pods of them, and nodes, on which
//! containers behave as the names of their images say. What only a real API server can be right about,
//! such as validation and admission, is not simulated: `tests/kube` tests it on a real one.
//!
//! The last part of the image's name, without tag and digest, chooses the behaviour:
//!
//! | ends with | behaviour |
//! |---|---|
//! | `-crash` | exits with code 1 after each start |
//! | `-oom` | is killed because it uses too much memory |
//! | `-nopull` | the registry denies the pull (403) |
//! | `-notag` | the registry does not have the image |
//! | `-pending` | no node has room for the pod |
//! | `-root` | runs as root, which a pod may forbid |
//! | `-unready` | runs, but its readiness probe fails |
//! | `-hangs` | becomes ready, and stops responding half a minute later |
//! | `-nocommand` | runs only with `command` or `args` |
//! | anything else | becomes ready |
//!
//! The Gateway accepts no route with `noroute` in its name, and somebody edits each Deployment with `edited` in its name
//! once. Containers receive no traffic.
//!
//! A request goes through [`http`], [`access`] and [`write`] to [`state`]. [`controllers`] and
//! [`kubelet`] change the state step by step. [`simulated_cluster`] runs and steers all of it.

mod access;
mod api_error;
mod controllers;
mod events;
mod http;
mod json;
mod kubelet;
pub mod options;
mod server_state;
pub mod simulated_cluster;
mod state;
mod write;
