//! A Redis server as a store. As in Spin, a key in Redis is the component's key without the store's label, so
//! all stores on one server share their keys, and each store has one connection with a queue of 50 commands.

use std::time::Duration;

use anyhow::{Context, Result};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, cmd};
use tokio::sync::OnceCell;
use wasmtime_wasi::async_trait;

use super::{Store, StoreError, SwapResult};

/// Compares and writes atomically. Arguments: "1" if the key is expected to exist, its expected value, the
/// new value.
const SWAP: &str = "
    local current = redis.call('GET', KEYS[1])
    local expected = false
    if ARGV[1] == '1' then expected = ARGV[2] end
    if current ~= expected then return {0, current} end
    redis.call('SET', KEYS[1], ARGV[3])
    return {1}";

pub(super) struct RedisStore {
    client: Client,
    /// Connected at the first use, because the server may start after this host.
    connection: OnceCell<ConnectionManager>,
}

impl RedisStore {
    pub fn new(url: &str) -> Result<RedisStore> {
        // The message must not contain the URL, which may have a password.
        let client = Client::open(url).context("`url` is not a Redis URL")?;
        Ok(RedisStore { client, connection: OnceCell::new() })
    }

    async fn connection(&self) -> Result<ConnectionManager, StoreError> {
        // Spin uses the defaults of an older version of the client library: no time limits; six retries, the
        // first after a second or two and the others after one or two minutes (a factor of 100, and at most a
        // minute; each is made longer by up to its own length at random).
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_number_of_retries(6)
            .set_min_delay(Duration::from_secs(1))
            .set_exponent_base(100.0)
            .set_max_delay(Duration::from_secs(60));
        let connect = || self.client.get_connection_manager_with_config(config);
        Ok(self.connection.get_or_try_init(connect).await?.clone())
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        Ok(command.query_async(&mut self.connection().await?).await?)
    }
}

#[async_trait]
impl Store for RedisStore {
    /// Like Spin, sends a PING, so that a lost connection is noticed. An error is left to the next command.
    async fn connect(&self) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let _ = cmd("PING").query_async::<()>(&mut connection).await;
        Ok(())
    }

    async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        self.query(cmd("GET").arg(key)).await
    }

    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<Option<Vec<u8>>> = self.query(cmd("MGET").arg(&keys)).await?;
        Ok(keys.into_iter().zip(values).collect())
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        match pairs.is_empty() {
            true => Ok(()),
            false => self.query(cmd("MSET").arg(&pairs)).await,
        }
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<(), StoreError> {
        match keys.is_empty() {
            true => Ok(()),
            false => self.query(cmd("DEL").arg(keys)).await,
        }
    }

    async fn exists(&self, key: String) -> Result<bool, StoreError> {
        self.query(cmd("EXISTS").arg(key)).await
    }

    async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.query(cmd("KEYS").arg("*")).await
    }

    /// A counter is stored as decimal text, as Redis does.
    async fn increment(&self, key: String, delta: i64) -> Result<i64, StoreError> {
        self.query(cmd("INCRBY").arg(key).arg(delta)).await
    }

    async fn swap(
        &self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<SwapResult, StoreError> {
        let mut swap = cmd("EVAL");
        swap.arg(SWAP).arg(1).arg(key).arg(i32::from(expected.is_some()));
        swap.arg(expected.unwrap_or_default()).arg(value);
        // `SWAP` returns `[1]` if it has written, else `[0, current value]`.
        let reply: Vec<redis::Value> = self.query(&swap).await?;
        match reply.as_slice() {
            [redis::Value::Int(0), current] => {
                let current =
                    redis::from_redis_value_ref(current).map_err(redis::RedisError::from)?;
                Ok(SwapResult::Conflict(current))
            }
            _ => Ok(SwapResult::Written),
        }
    }
}
