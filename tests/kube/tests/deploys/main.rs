//! What users do with deployments, on the real components and a real API server.

mod life;
mod platform;
mod refused;
mod secrets;
mod story;
mod variants;
