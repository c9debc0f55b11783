//! Host functions of `wasi:keyvalue@0.2.0-draft2`: store, atomics and batch. Where Spin's implementation
//! deviates from the interface, this one does not (see docs/local-host.md).

use wasmtime::component::Resource;

use super::{Bucket, Cas, Result, StoreError};
use crate::bindings::keyvalue::wasi::keyvalue::atomics::{self, CasError};
use crate::bindings::keyvalue::wasi::keyvalue::batch;
use crate::bindings::keyvalue::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::instance::InstanceState;

impl store::Host for InstanceState {
    async fn open(&mut self, identifier: String) -> Result<Resource<Bucket>> {
        let bucket = self.allowed_bucket(&identifier)?;
        bucket.store.connect().await?;
        Ok(self.table.push(bucket)?)
    }

    fn convert_error(&mut self, error: StoreError) -> wasmtime::Result<Error> {
        match error {
            StoreError::AccessDenied => Ok(Error::AccessDenied),
            StoreError::Trap(error) => Err(error.into()),
            error => Ok(Error::Other(error.to_string())),
        }
    }
}

impl store::HostBucket for InstanceState {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>> {
        self.bucket(&bucket)?.get(key).await
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<()> {
        self.bucket(&bucket)?.set_many(vec![(key, value)]).await
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<()> {
        self.bucket(&bucket)?.delete_many(vec![key]).await
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool> {
        self.bucket(&bucket)?.exists(key).await
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> Result<KeyResponse> {
        if cursor.is_some() {
            return Err(StoreError::NoCursors);
        }
        let keys = self.bucket(&bucket)?.keys().await?;
        Ok(KeyResponse { keys, cursor: None })
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
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
    ) -> Result<i64> {
        self.bucket(&bucket)?.increment(key, delta).await
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<std::result::Result<(), CasError>> {
        Ok(match self.table.delete(cas)?.swap(value).await {
            Ok(None) => Ok(()),
            Ok(Some(retry)) => Err(CasError::CasFailed(self.table.push(retry)?)),
            Err(error) => Err(CasError::StoreError(store::Host::convert_error(self, error)?)),
        })
    }
}

impl atomics::HostCas for InstanceState {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Resource<Cas>> {
        let bucket = self.bucket(&bucket)?;
        let expected = bucket.get(key.clone()).await?;
        Ok(self.table.push(Cas { bucket, key, expected })?)
    }

    async fn current(&mut self, cas: Resource<Cas>) -> Result<Option<Vec<u8>>> {
        Ok(self.table.get(&cas)?.expected.clone())
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for InstanceState {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        self.bucket(&bucket)?.get_many(keys).await
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Result<()> {
        self.bucket(&bucket)?.set_many(pairs).await
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<()> {
        self.bucket(&bucket)?.delete_many(keys).await
    }
}
