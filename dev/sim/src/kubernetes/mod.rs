//! A simulation of a Kubernetes cluster behind the API server's own HTTP API: objects with server-side
//! apply, defaulting, validation and admission; the controllers that matter to NoKube; and nodes, on
//! which containers behave as the names of their images say.
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
//! | `-unready` | runs, but its readiness probe fails |
//! | anything else | becomes ready |
//!
//! An image whose name contains `-root` runs as root. Containers receive no traffic.
//!
//! A request goes through [`http`], [`auth`] and [`write`] (with [`typed`], [`validation`] and
//! [`admission`]) to [`state`]. [`controllers`] and [`kubelet`] change the state step by step.
//! [`start`] runs all of it, [`control`] steers it, and [`control_api`] offers the same over HTTP.

mod admission;
mod api_error;
mod auth;
pub mod control;
mod control_api;
mod controllers;
mod events;
mod http;
mod json;
mod kubelet;
pub mod options;
mod server_state;
pub mod start;
mod state;
mod typed;
mod validation;
mod write;
