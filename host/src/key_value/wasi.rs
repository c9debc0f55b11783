//! `wasi:keyvalue@0.2.0-draft2`: store, atomics and batch. Where Spin's
//! stores go wrong (see docs/local-host.md) these do as the interface says.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::error::StoreError;
use super::{Bucket, Cas, Swapped};
use crate::bindings::keyvalue::wasi::keyvalue::atomics::{self, CasError};
use crate::bindings::keyvalue::wasi::keyvalue::batch;
use crate::bindings::keyvalue::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::counts;
use crate::instance::Instance;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error::Other(error.to_string())
    }
}

type Answer<T> = Result<std::result::Result<T, Error>>;

impl Instance {
    fn bucket(&self, bucket: &Resource<Bucket>) -> Result<Bucket> {
        Ok(self.table.get(bucket)?.clone())
    }
}

impl store::Host for Instance {
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        let Some(bucket) = self.bucket_of(identifier) else {
            return Ok(Err(Error::AccessDenied));
        };
        match bucket.ready().await {
            Ok(()) => Ok(Ok(self.table.push(bucket)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl store::HostBucket for Instance {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().reads, 1);
        Ok(bucket.get(key).await.map_err(Error::from))
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().writes, 1);
        Ok(bucket.set(key, value).await.map_err(Error::from))
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().deletes, 1);
        Ok(bucket.delete(key).await.map_err(Error::from))
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<bool> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().exists, 1);
        Ok(bucket.exists(key).await.map_err(Error::from))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> Answer<KeyResponse> {
        let bucket = self.bucket(&bucket)?;
        if cursor.is_some() {
            return Ok(Err(Error::Other(
                "list-keys gives all keys at once, without a cursor".into(),
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

impl atomics::Host for Instance {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: i64,
    ) -> Answer<i64> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().increments, 1);
        Ok(bucket.increment(key, delta).await.map_err(Error::from))
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> Result<std::result::Result<(), CasError>> {
        let Cas { bucket, key, seen } = self.table.delete(cas)?;
        counts::add(&self.counters().writes, 1);
        match bucket.swap(key.clone(), seen, value).await {
            Ok(Swapped::Yes) => Ok(Ok(())),
            Ok(Swapped::No(seen)) => {
                let again = self.table.push(Cas { bucket, key, seen })?;
                Ok(Err(CasError::CasFailed(again)))
            }
            Err(error) => Ok(Err(CasError::StoreError(error.into()))),
        }
    }
}

impl atomics::HostCas for Instance {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Resource<Cas>> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().reads, 1);
        match bucket.get(key.clone()).await {
            Ok(seen) => Ok(Ok(self.table.push(Cas { bucket, key, seen })?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn current(&mut self, cas: Resource<Cas>) -> Answer<Option<Vec<u8>>> {
        Ok(Ok(self.table.get(&cas)?.seen.clone()))
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for Instance {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().reads, keys.len());
        Ok(bucket.get_many(keys).await.map_err(Error::from))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Answer<()> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().writes, pairs.len());
        Ok(bucket.set_many(pairs).await.map_err(Error::from))
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        let bucket = self.bucket(&bucket)?;
        counts::add(&self.counters().deletes, keys.len());
        Ok(bucket.delete_many(keys).await.map_err(Error::from))
    }
}
