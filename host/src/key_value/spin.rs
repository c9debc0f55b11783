//! `spin:key-value@3.0.0`.

use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::Bucket;
use super::file::FileError;
use crate::bindings::spin::spin::key_value::key_value::{
    Error, Host, HostStore, HostStoreWithStore,
};
use crate::counts;
use crate::instance::Instance;

impl From<FileError> for Error {
    fn from(error: FileError) -> Error {
        Error::Other(error.to_string())
    }
}

impl Host for Instance {}
impl HostStore for Instance {}

type Access<T> = Accessor<T, HasSelf<Instance>>;

fn bucket<T>(access: &Access<T>, store: &Resource<Bucket>) -> Result<Bucket> {
    access.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

fn count<T>(access: &Access<T>, add: impl FnOnce(&counts::Counters)) {
    access.with(|mut access| add(access.get().counters()));
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<Instance> {
    async fn open(access: &Access<T>, label: String) -> Result<Result<Resource<Bucket>, Error>> {
        access.with(|mut access| {
            let instance = access.get();
            match instance.open_store(label) {
                Some(bucket) => Ok(Ok(instance.table.push(bucket)?)),
                None => Ok(Err(Error::AccessDenied)),
            }
        })
    }

    async fn get(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        let Bucket { file, label } = bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.reads, 1));
        Ok(file.get(&label, key).await.map_err(Error::from))
    }

    async fn set(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        let Bucket { file, label } = bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.writes, 1));
        Ok(file.set(&label, key, value).await.map_err(Error::from))
    }

    async fn delete(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<(), Error>> {
        let Bucket { file, label } = bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.deletes, 1));
        Ok(file.delete(&label, key).await.map_err(Error::from))
    }

    async fn exists(
        access: &Access<T>,
        store: Resource<Bucket>,
        key: String,
    ) -> Result<Result<bool, Error>> {
        let Bucket { file, label } = bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.exists, 1));
        Ok(file.exists(&label, key).await.map_err(Error::from))
    }

    async fn get_keys(
        access: &Access<T>,
        store: Resource<Bucket>,
    ) -> Result<(StreamReader<String>, FutureReader<std::result::Result<(), Error>>)> {
        let Bucket { file, label } = bucket(access, &store)?;
        count(access, |counters| counts::add(&counters.listings, 1));
        let (keys, outcome) = match file.keys(&label).await {
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
