//! Host functions of `spin:key-value@3.0.0`.

use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::{Bucket, Result, StoreError};
use crate::bindings::spin::spin::key_value::key_value::{
    Error, Host, HostStore, HostStoreWithStore,
};
use crate::instance::InstanceState;

type Access<T> = Accessor<T, HasSelf<InstanceState>>;
type Outcome = FutureReader<std::result::Result<(), Error>>;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        match error {
            StoreError::AccessDenied => Error::AccessDenied,
            error => Error::Other(error.to_string()),
        }
    }
}

impl Host for InstanceState {
    fn convert_error(&mut self, error: StoreError) -> wasmtime::Result<Error> {
        match error {
            StoreError::Trap(error) => Err(error.into()),
            error => Ok(error.into()),
        }
    }
}

impl HostStore for InstanceState {}

fn get_bucket<T>(access: &Access<T>, store: &Resource<Bucket>) -> Result<Bucket> {
    access.with(|mut access| access.get().bucket(store))
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<InstanceState> {
    async fn open(access: &Access<T>, label: String) -> Result<Resource<Bucket>> {
        let bucket = access.with(|mut access| access.get().allowed_bucket(&label))?;
        bucket.store.connect().await?;
        access.with(|mut access| Ok(access.get().table.push(bucket)?))
    }

    async fn get(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Option<Vec<u8>>> {
        get_bucket(access, &store)?.get(key).await
    }

    async fn set(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> Result<()> {
        get_bucket(access, &store)?.set_many(vec![(key, value)]).await
    }

    async fn delete(access: &Access<T>, store: Resource<Bucket>, key: String) -> Result<()> {
        get_bucket(access, &store)?.delete_many(vec![key]).await
    }

    async fn exists(access: &Access<T>, store: Resource<Bucket>, key: String) -> Result<bool> {
        get_bucket(access, &store)?.exists(key).await
    }

    async fn get_keys(
        access: &Access<T>,
        store: Resource<Bucket>,
    ) -> wasmtime::Result<(StreamReader<String>, Outcome)> {
        let (keys, outcome) = match get_bucket(access, &store)?.keys().await {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(Error::from(error))),
        };
        access.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let outcome =
                FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?;
            Ok((keys, outcome))
        })
    }

    async fn drop(access: &Access<T>, store: Resource<Bucket>) -> wasmtime::Result<()> {
        access.with(|mut access| access.get().table.delete(store))?;
        Ok(())
    }
}
