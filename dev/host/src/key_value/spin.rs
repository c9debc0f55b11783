//! Host functions of `spin:key-value@3.0.0`.

use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::Bucket;
use super::result::StoreError;
use crate::bindings::spin::spin::key_value::key_value::{
    Error, Host, HostStore, HostStoreWithStore,
};
use crate::counts;
use crate::instance::InstanceState;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        Error::Other(error.to_string())
    }
}

impl Host for InstanceState {}
impl HostStore for InstanceState {}

type Access<T> = Accessor<T, HasSelf<InstanceState>>;

fn get_bucket<T>(access: &Access<T>, store: &Resource<Bucket>) -> Result<Bucket> {
    access.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

fn count<T>(access: &Access<T>, add: impl FnOnce(&counts::Counters)) {
    access.with(|mut access| add(access.get().counters()));
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<InstanceState> {
    async fn open(access: &Access<T>, label: String) -> Result<Result<Resource<Bucket>, Error>> {
        let Some(bucket) = access.with(|mut access| access.get().allowed_bucket(label)) else {
            return Ok(Err(Error::AccessDenied));
        };
        if let Err(error) = bucket.connect().await {
            return Ok(Err(error.into()));
        }
        access.with(|mut access| Ok(Ok(access.get().table.push(bucket)?)))
    }

    async fn get(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        let bucket = get_bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.reads, 1));
        Ok(bucket.get(key).await.map_err(Error::from))
    }

    async fn set(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        let bucket = get_bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.writes, 1));
        Ok(bucket.set(key, value).await.map_err(Error::from))
    }

    async fn delete(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<(), Error>> {
        let bucket = get_bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.deletes, 1));
        Ok(bucket.delete(key).await.map_err(Error::from))
    }

    async fn exists(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<bool, Error>> {
        let bucket = get_bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.exists, 1));
        Ok(bucket.exists(key).await.map_err(Error::from))
    }

    async fn get_keys(
        access: &Access<T>,
        store: Resource<Bucket>,
    ) -> Result<(StreamReader<String>, FutureReader<std::result::Result<(), Error>>)> {
        let bucket = get_bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.listings, 1));
        let (keys, outcome) = match bucket.keys().await {
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

    async fn drop(access: &Access<T>, store: Resource<Bucket>) -> Result<()> {
        access.with(|mut access| access.get().table.delete(store))?;
        Ok(())
    }
}
