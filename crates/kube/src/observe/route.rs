//! Ingresses and HTTPRoutes.

use super::metadata::{Metadata, observed};
use crate::platform::ExternalAddress;
use serde_json::Value;

observed! {
    /// An Ingress or an HTTPRoute.
    pub struct ObservedRoute {
        pub metadata: Metadata,
        spec: Value,
    }
}

impl ObservedRoute {
    /// Whether it is for this host and path. Compares only the first host and path: NoKube's routes have one of
    /// each.
    pub fn serves(&self, address: &ExternalAddress) -> bool {
        let text = |pointer: &str| self.spec.pointer(pointer).and_then(Value::as_str);
        let host = text("/hostnames/0").or(text("/rules/0/host"));
        let path = text("/rules/0/matches/0/path/value").or(text("/rules/0/http/paths/0/path"));
        host == Some(address.host.as_str()) && path == Some(address.path.as_str())
    }
}
