//! What users do with deployments, on the real components and a real API server.

mod platform;
mod story;
