//! A store in memory, with faults.

use futures::future::LocalBoxFuture;
use nokube_edge::host::{HostFuture, KeyValue};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::pending,
    rc::Rc,
    task::Poll,
};

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// It cannot be opened.
    Away,
    /// Its calls never return.
    Silent,
    /// It fails after this many more writes, increments and deletions.
    AfterWrites(u32),
}

#[derive(Default)]
pub struct Memory {
    records: RefCell<BTreeMap<String, Vec<u8>>>,
    counters: RefCell<BTreeMap<String, i64>>,
    pub fault: Cell<Option<StoreFault>>,
}

impl Memory {
    pub fn open(self: Rc<Self>) -> Result<Rc<dyn KeyValue>, String> {
        match self.fault.get() {
            Some(StoreFault::Away) => Err("the store is away".into()),
            _ => Ok(self),
        }
    }

    pub fn forget(&self, beginnings: &[&str]) {
        let stays = |key: &String| !beginnings.iter().any(|beginning| key.starts_with(beginning));
        self.records.borrow_mut().retain(|key, _| stays(key));
        self.counters.borrow_mut().retain(|key, _| stays(key));
    }

    pub fn all(&self) -> BTreeMap<String, String> {
        let text = |value: &Vec<u8>| String::from_utf8(value.clone()).unwrap();
        let records = self.records.borrow();
        let records = records.iter().map(|(key, value)| (key.clone(), text(value)));
        let counters = self.counters.borrow();
        let counters = counters.iter().map(|(key, value)| (key.clone(), value.to_string()));
        records.chain(counters).collect()
    }

    /// Lets other tasks run first, as a store elsewhere does, and then carries out a read.
    fn read<'a, T>(&'a self, read: impl FnOnce() -> T + 'a) -> HostFuture<'a, T> {
        Box::pin(async move {
            yield_once().await;
            match self.fault.get() {
                Some(StoreFault::Away) => Err("the store is away".into()),
                Some(StoreFault::Silent) => pending().await,
                _ => Ok(read()),
            }
        })
    }

    fn write<'a, T>(&'a self, write: impl FnOnce() -> T + 'a) -> HostFuture<'a, T> {
        Box::pin(async move {
            yield_once().await;
            match self.fault.get() {
                Some(StoreFault::Away) => Err("the store is away".into()),
                Some(StoreFault::Silent) => pending().await,
                Some(StoreFault::AfterWrites(0)) => Err("the store cannot be written".into()),
                Some(StoreFault::AfterWrites(n)) => {
                    self.fault.set(Some(StoreFault::AfterWrites(n - 1)));
                    Ok(write())
                }
                None => Ok(write()),
            }
        })
    }
}

/// Is ready when other tasks have called the store so often: it lets them go on before each of its calls.
pub async fn after_calls(calls: u32) {
    for _ in 0..calls {
        yield_once().await;
    }
}

fn yield_once() -> LocalBoxFuture<'static, ()> {
    let mut has_yielded = false;
    Box::pin(std::future::poll_fn(move |context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }))
}

impl KeyValue for Memory {
    fn get<'a>(&'a self, key: &'a str) -> HostFuture<'a, Option<Vec<u8>>> {
        self.read(move || self.records.borrow().get(key).cloned())
    }

    fn set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> HostFuture<'a, ()> {
        self.write(move || {
            self.records.borrow_mut().insert(key.into(), value);
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> HostFuture<'a, ()> {
        self.write(move || {
            self.records.borrow_mut().remove(key);
        })
    }

    fn increment<'a>(&'a self, counter: &'a str, by: u32) -> HostFuture<'a, i64> {
        self.write(move || {
            assert!(!self.records.borrow().contains_key(counter), "{counter} is not a counter");
            let mut counters = self.counters.borrow_mut();
            let value = counters.entry(counter.into()).or_default();
            *value += i64::from(by);
            *value
        })
    }

    fn count<'a>(&'a self, counter: &'a str) -> HostFuture<'a, i64> {
        self.read(move || self.counters.borrow().get(counter).copied().unwrap_or_default())
    }
}
