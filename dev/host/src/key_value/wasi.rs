//! Host functions of `wasi:keyvalue@0.2.0-draft2`: store, atomics and batch. Where Spin's implementation
//! deviates from the interface, this one does not (see docs/local-host.md).

use wasmtime::Result;
use wasmtime::component::Resource;

use super::result::{StoreError, SwapResult};
use super::{Bucket, Cas};
use crate::bindings::keyvalue::wasi::keyvalue::atomics::{self, CasError};
use crate::bindings::keyvalue::wasi::keyvalue::batch;
use crate::bindings::keyvalue::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::counts;
use crate::instance::InstanceState;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error::Other(error.to_string())
    }
}

type HostResult<T> = Result<std::result::Result<T, Error>>;

impl InstanceState {
    fn get_bucket(&self, bucket: &Resource<Bucket>) -> Result<Bucket> {
        Ok(self.table.get(bucket)?.clone())
    }
}

impl store::Host for InstanceState {
    async fn open(&mut self, identifier: String) -> HostResult<Resource<Bucket>> {
        let Some(bucket) = self.allowed_bucket(identifier) else {
            return Ok(Err(Error::AccessDenied));
        };
        match bucket.connect().await {
            Ok(()) => Ok(Ok(self.table.push(bucket)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl store::HostBucket for InstanceState {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> HostResult<Option<Vec<u8>>> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().reads, 1);
        Ok(bucket.get(key).await.map_err(Error::from))
    }

    async fn set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> HostResult<()> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().writes, 1);
        Ok(bucket.set(key, value).await.map_err(Error::from))
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> HostResult<()> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().deletes, 1);
        Ok(bucket.delete(key).await.map_err(Error::from))
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> HostResult<bool> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().exists, 1);
        Ok(bucket.exists(key).await.map_err(Error::from))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> HostResult<KeyResponse> {
        let bucket = self.get_bucket(&bucket)?;
        if cursor.is_some() {
            return Ok(Err(Error::Other(
                "list-keys returns all keys at once and has no cursors".into(),
            )));
        }
        counts::add(&self.counters().listings, 1);
        let keys = bucket.keys().await;
        Ok(keys.map(|keys| KeyResponse { keys, cursor: None }).map_err(Error::from))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for InstanceState {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: i64,
    ) -> HostResult<i64> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().increments, 1);
        Ok(bucket.increment(key, delta).await.map_err(Error::from))
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> Result<std::result::Result<(), CasError>> {
        let Cas { bucket, key, expected } = self.table.delete(cas)?;
        counts::add(&self.counters().writes, 1);
        match bucket.swap(key.clone(), expected, value).await {
            Ok(SwapResult::Written) => Ok(Ok(())),
            Ok(SwapResult::Conflict(current)) => {
                let retry = self.table.push(Cas { bucket, key, expected: current })?;
                Ok(Err(CasError::CasFailed(retry)))
            }
            Err(error) => Ok(Err(CasError::StoreError(error.into()))),
        }
    }
}

impl atomics::HostCas for InstanceState {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> HostResult<Resource<Cas>> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().reads, 1);
        match bucket.get(key.clone()).await {
            Ok(expected) => Ok(Ok(self.table.push(Cas { bucket, key, expected })?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn current(&mut self, cas: Resource<Cas>) -> HostResult<Option<Vec<u8>>> {
        Ok(Ok(self.table.get(&cas)?.expected.clone()))
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for InstanceState {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> HostResult<Vec<(String, Option<Vec<u8>>)>> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().reads, keys.len());
        Ok(bucket.get_many(keys).await.map_err(Error::from))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> HostResult<()> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().writes, pairs.len());
        Ok(bucket.set_many(pairs).await.map_err(Error::from))
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> HostResult<()> {
        let bucket = self.get_bucket(&bucket)?;
        counts::add(&self.counters().deletes, keys.len());
        Ok(bucket.delete_many(keys).await.map_err(Error::from))
    }
}
