//! Deployments: from the image to running pods.

mod lifecycle;
mod recovery;
mod releases_and_logs;
mod requests;
