//! Records of the platform as a whole, shared by all instances. Their types belong to the components.

use super::{keys, kv::Store};
use crate::error::Result;
use serde::{Serialize, de::DeserializeOwned};

impl Store {
    /// The result of the last check of the external systems.
    pub async fn readiness<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.get(keys::READINESS.into()).await
    }

    pub async fn set_readiness<T: Serialize>(&self, checks: &T) -> Result<()> {
        self.set(keys::READINESS.into(), checks).await
    }

    /// The public keys of the OIDC issuer, as last fetched.
    pub async fn issuer_keys<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.get(keys::ISSUER_KEYS.into()).await
    }

    pub async fn set_issuer_keys<T: Serialize>(&self, keys: &T) -> Result<()> {
        self.set(keys::ISSUER_KEYS.into(), keys).await
    }
}
