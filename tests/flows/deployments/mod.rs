//! Deployments: from the image to running pods.

mod lifecycle;
mod quiet_time;
mod reachability;
mod recovery;
mod registries_and_hosts;
mod releases_and_logs;
mod requests;
