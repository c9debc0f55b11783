//! A Redis server as a store. As in Spin, keys stand there as the component
//! names them, whatever the store's label: all stores of one server share them.

use std::sync::Arc;

use anyhow::{Context, Result};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, cmd};
use tokio::sync::OnceCell;

use super::Swapped;
use super::error::StoreError;

/// Compares and writes in one step. The second argument is "1" if the key was
/// there when the component looked, with the value of the third.
const SWAP: &str = "
    local now = redis.call('GET', KEYS[1])
    local seen = false
    if ARGV[1] == '1' then seen = ARGV[2] end
    if now ~= seen then return {0, now} end
    redis.call('SET', KEYS[1], ARGV[3])
    return {1}";

#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    client: Client,
    /// Opened by the first use: the server may come up after this host.
    connection: OnceCell<ConnectionManager>,
}

impl Redis {
    pub fn new(url: &str) -> Result<Redis> {
        // The URL holds a password: it is not in the message.
        let client = Client::open(url).context("`url` is not one of Redis")?;
        Ok(Redis(Arc::new(Shared { client, connection: OnceCell::new() })))
    }

    async fn connection(&self) -> Result<ConnectionManager, StoreError> {
        let Shared { client, connection } = &*self.0;
        // Time-outs are the component's affair, as in Spin.
        let config =
            ConnectionManagerConfig::new().set_number_of_retries(1).set_response_timeout(None);
        let connect = || client.get_connection_manager_with_config(config);
        Ok(connection.get_or_try_init(connect).await?.clone())
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        Ok(command.query_async(&mut self.connection().await?).await?)
    }

    /// Whether the server is there.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.connection().await.map(drop)
    }

    pub async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(cmd("GET").arg(key)).await
    }

    pub async fn set(&self, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        self.ask(cmd("SET").arg(key).arg(value)).await
    }

    pub async fn delete(&self, key: String) -> Result<(), StoreError> {
        self.ask(cmd("DEL").arg(key)).await
    }

    pub async fn exists(&self, key: String) -> Result<bool, StoreError> {
        self.ask(cmd("EXISTS").arg(key)).await
    }

    pub async fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.ask(cmd("KEYS").arg("*")).await
    }

    /// Values in the order of the keys.
    pub async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<Option<Vec<u8>>> = self.ask(cmd("MGET").arg(&keys)).await?;
        Ok(keys.into_iter().zip(values).collect())
    }

    pub async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        match pairs.is_empty() {
            true => Ok(()),
            false => self.ask(cmd("MSET").arg(&pairs)).await,
        }
    }

    pub async fn delete_many(&self, keys: Vec<String>) -> Result<(), StoreError> {
        match keys.is_empty() {
            true => Ok(()),
            false => self.ask(cmd("DEL").arg(keys)).await,
        }
    }

    /// A counter is decimal text, as Redis has it.
    pub async fn increment(&self, key: String, delta: i64) -> Result<i64, StoreError> {
        self.ask(cmd("INCRBY").arg(key).arg(delta)).await
    }

    /// Writes only if the value is still the one that was seen.
    pub async fn swap(
        &self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<Swapped, StoreError> {
        let mut swap = cmd("EVAL");
        swap.arg(SWAP).arg(1).arg(key).arg(i32::from(seen.is_some()));
        swap.arg(seen.unwrap_or_default()).arg(value);
        // The answer is one element when written, two with the value that stood in the way.
        let answer: Vec<redis::Value> = self.ask(&swap).await?;
        match answer.as_slice() {
            [redis::Value::Int(0), now] => {
                let now = redis::from_redis_value_ref(now).map_err(redis::RedisError::from)?;
                Ok(Swapped::No(now))
            }
            _ => Ok(Swapped::Yes),
        }
    }
}
