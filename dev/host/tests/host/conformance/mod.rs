//! Facts about Spin's behaviour, and that this host behaves alike. Tests named `unlike_spin_…` check the
//! deliberate differences that docs/local-host.md lists.

mod configuration;
mod http;
mod instances;
mod redis;
mod spin_redis;
mod storage;
mod tls;
