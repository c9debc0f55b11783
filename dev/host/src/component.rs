//! What all instances of a component share while the application is served.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allowed_hosts::AllowedHosts;
use crate::console::ConsoleWriter;
use crate::counts::Counters;
use crate::key_value::Store;
use crate::tls::ClientTlsConfigs;

pub(crate) struct ComponentConfig {
    pub id: String,
    pub variables: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    pub allowed_hosts: AllowedHosts,
    /// The stores that the manifest allows the component, by label.
    pub stores: BTreeMap<String, Arc<dyn Store>>,
    pub tls: Arc<ClientTlsConfigs>,
    /// Seconds by which the component's wall clock is ahead.
    pub clock_offset: i64,
    /// Bytes per instance.
    pub memory_limit: Option<usize>,
    pub counters: Arc<Counters>,
    pub console: ConsoleWriter,
}
