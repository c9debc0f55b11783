//! What is known of Spin, fact by fact: that an application finds it here too,
//! or finds the difference that docs/local-host.md announces (`on_purpose`).

mod configuration;
mod http;
mod instances;
mod redis;
mod storage;
mod tls;
