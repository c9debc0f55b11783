//! A Redis server as the store, through Spin's outbound Redis. Every call is asynchronous, so that each can have a time
//! limit. Keys and values are those of Spin's key-value store on Redis.

use super::counter_value;
use crate::host::{HostFuture, KeyValue, sleep};
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

/// How often a request checks whether another one has opened the connection. Tasks of different requests cannot wake
/// each other (wit-bindgen without `inter-task-wakeup`, which would cost every request).
const OPENING_INTERVAL: Duration = Duration::from_millis(1);

thread_local! {
    /// The store of this instance, whose settings never change.
    static STORE: RefCell<Option<Rc<RedisStore>>> = const { RefCell::new(None) };
}

pub fn store(url: &str) -> Rc<dyn KeyValue> {
    let new = || Rc::new(RedisStore::new(url));
    STORE.with_borrow_mut(|store| store.get_or_insert_with(new).clone())
}

struct RedisStore {
    /// With a password.
    url: String,
    /// The connection of all requests of this instance.
    current: RefCell<Option<Rc<SharedConnection>>>,
    /// Whether a request is opening the connection, for which the others wait.
    is_opening: Cell<bool>,
}

/// Spin never reconnects: a connection is replaced after an error, or after a call that was abandoned because it took
/// too long.
struct SharedConnection {
    connection: Connection,
    is_usable: Cell<bool>,
}

/// Whether a connection was opened for this call.
#[derive(PartialEq)]
enum Opened {
    Now,
    Earlier,
}

impl RedisStore {
    fn new(url: &str) -> Self {
        let (current, is_opening) = (RefCell::default(), Cell::new(false));
        Self { url: url.to_owned(), current, is_opening }
    }

    async fn connection(&self) -> Result<(Rc<SharedConnection>, Opened), Error> {
        loop {
            let current = self.current.borrow().clone();
            if let Some(shared) = current.filter(|shared| shared.is_usable.get()) {
                return Ok((shared, Opened::Earlier));
            }
            if !self.is_opening.replace(true) {
                let _opening = OnDrop(|| self.is_opening.set(false));
                let connection = Connection::open(&self.url).await?;
                let shared = Rc::new(SharedConnection { connection, is_usable: Cell::new(true) });
                self.current.replace(Some(shared.clone()));
                return Ok((shared, Opened::Now));
            }
            sleep(OPENING_INTERVAL).await;
        }
    }

    async fn call<T>(
        &self,
        command: &impl AsyncFn(&Connection) -> Result<T, Error>,
    ) -> (Result<T, Error>, Opened) {
        let (shared, opened) = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return (Err(error), Opened::Now),
        };
        let is_done = Cell::new(false);
        let _call = OnDrop(|| shared.is_usable.set(shared.is_usable.get() && is_done.get()));
        let result = command(&shared.connection).await;
        is_done.set(result.is_ok());
        (result, opened)
    }

    /// Sends a command, and again over a new connection if an earlier one is broken: the server may have restarted.
    /// The command may be carried out twice.
    async fn call_idempotent<T>(
        &self,
        command: impl AsyncFn(&Connection) -> Result<T, Error>,
    ) -> Result<T, String> {
        let result = match self.call(&command).await {
            (Err(_), Opened::Earlier) => self.call(&command).await.0,
            (result, _) => result,
        };
        result.map_err(|error| message(&error))
    }
}

async fn increment_by(connection: &Connection, counter: &str, by: u32) -> Result<i64, Error> {
    let arguments =
        [RedisParameter::Binary(counter.into()), RedisParameter::Binary(by.to_string().into())];
    match connection.execute("INCRBY", arguments).await?.as_slice() {
        [RedisResult::Int64(value)] => Ok(*value),
        _ => Err(Error::TypeError),
    }
}

/// Calls a function when it is dropped: at the end of a call, or when the call is abandoned.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// The error in words, for the log. It does not contain the URL.
fn message(error: &Error) -> String {
    match error {
        Error::InvalidAddress => {
            "state_redis_url is not a Redis URL, or allowed_outbound_hosts does not list its host"
                .into()
        }
        Error::TooManyConnections => "too many connections".into(),
        Error::TypeError => "the value is of another type".into(),
        Error::Other(message) => message.clone(),
    }
}

impl KeyValue for RedisStore {
    fn get<'a>(&'a self, key: &'a str) -> HostFuture<'a, Option<Vec<u8>>> {
        Box::pin(
            self.call_idempotent(async move |connection: &Connection| connection.get(key).await),
        )
    }

    fn set<'a>(&'a self, key: &'a str, value: Vec<u8>) -> HostFuture<'a, ()> {
        Box::pin(self.call_idempotent(async move |connection: &Connection| {
            connection.set(key, &value).await
        }))
    }

    fn delete<'a>(&'a self, key: &'a str) -> HostFuture<'a, ()> {
        Box::pin(self.call_idempotent(async move |connection: &Connection| {
            connection.del([key]).await.map(drop)
        }))
    }

    /// Not sent again after an error: a reservation that was counted twice would seem to be somebody else's.
    fn increment<'a>(&'a self, counter: &'a str, by: u32) -> HostFuture<'a, i64> {
        Box::pin(async move {
            let increment = async |connection: &Connection| match by {
                1 => connection.incr(counter).await,
                _ => increment_by(connection, counter, by).await,
            };
            self.call(&increment).await.0.map_err(|error| message(&error))
        })
    }

    fn count<'a>(&'a self, counter: &'a str) -> HostFuture<'a, i64> {
        Box::pin(async move {
            let value = self.get(counter).await?;
            Ok(value.as_deref().map_or(0, counter_value))
        })
    }
}
