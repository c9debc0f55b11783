//! Host functions of `spin:redis@3.0.0`. Each `open` makes a connection of its own, which does not reconnect.
//! As in Spin, there is no time limit: a component that needs one sets it itself.

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Value, cmd, parse_redis_url};
use http::Uri;
use wasmtime::component::{Accessor, HasSelf, Resource, ResourceTableError};

use crate::allowed_hosts::entry_for;
use crate::bindings::spin::spin::redis::redis::{
    Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult,
};
use crate::component::ComponentConfig;
use crate::counts;
use crate::instance::InstanceState;
use crate::key_value::MAX_RESULT_BYTES;

/// Connections that an instance can have open, as in Spin.
pub(crate) const MAX_CONNECTIONS: usize = 1024;

/// A component's handle. Clones share the connection.
#[derive(Clone)]
pub struct Connection(MultiplexedConnection);

pub enum RedisFailure {
    Error(Error),
    /// Ends the instance.
    Trap(ResourceTableError),
}

type Access<T> = Accessor<T, HasSelf<InstanceState>>;
type Result<T> = std::result::Result<T, RedisFailure>;

impl From<Error> for RedisFailure {
    fn from(error: Error) -> RedisFailure {
        RedisFailure::Error(error)
    }
}

impl From<::redis::RedisError> for RedisFailure {
    fn from(error: ::redis::RedisError) -> RedisFailure {
        other(error.to_string())
    }
}

impl From<ResourceTableError> for RedisFailure {
    fn from(error: ResourceTableError) -> RedisFailure {
        match error {
            ResourceTableError::Full => Error::TooManyConnections.into(),
            error => RedisFailure::Trap(error),
        }
    }
}

fn other(message: String) -> RedisFailure {
    Error::Other(message).into()
}

impl Host for InstanceState {
    fn convert_error(&mut self, failure: RedisFailure) -> wasmtime::Result<Error> {
        match failure {
            RedisFailure::Error(error) => Ok(error),
            RedisFailure::Trap(error) => Err(error.into()),
        }
    }
}

impl HostConnection for InstanceState {}

/// Connects to `address` if the component's `allowed_outbound_hosts` allow it.
async fn connect(component: &ComponentConfig, address: &str) -> Result<Connection> {
    let destination = destination(address).ok_or(Error::InvalidAddress)?;
    if !component.allowed_hosts.allows(&destination) {
        counts::add(&component.counters.denied, 1);
        let entry = entry_for(&destination);
        component.console.print(&format!(
            "[{}] a connection to {entry} was denied: add {entry:?} to the component's \
             allowed_outbound_hosts in spin.toml",
            component.id
        ));
        return Err(Error::InvalidAddress.into());
    }
    counts::add(&component.counters.redis_connections, 1);
    let client = Client::open(address).map_err(|_| Error::InvalidAddress)?;
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    Ok(Connection(client.get_multiplexed_async_connection_with_config(&config).await?))
}

/// Scheme, host and port of an address, without user, password and database.
fn destination(address: &str) -> Option<Uri> {
    let url = parse_redis_url(address)?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str()?).parse().ok()
}

/// Sends a command, after `count` has counted it.
async fn query<T: FromRedisValue, S>(
    access: &Access<S>,
    connection: &Resource<Connection>,
    command: &Cmd,
    count: impl FnOnce(&counts::Counters),
) -> Result<T> {
    access.with(|mut access| access.get().calls.clone()).next().await;
    let mut connection = access.with(|mut access| {
        let instance = access.get();
        count(&instance.component.counters);
        Ok::<_, RedisFailure>(instance.redis_connections.get(connection)?.clone())
    })?;
    Ok(command.query_async(&mut connection.0).await?)
}

impl<T: Send> HostConnectionWithStore<T> for HasSelf<InstanceState> {
    async fn open(access: &Access<T>, address: String) -> Result<Resource<Connection>> {
        let component = access.with(|mut access| access.get().component.clone());
        let connection = connect(&component, &address).await?;
        access.with(|mut access| Ok(access.get().redis_connections.push(connection)?))
    }

    async fn publish(
        access: &Access<T>,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Result<()> {
        let command = cmd("PUBLISH").arg(channel).arg(payload).take();
        query(access, &connection, &command, |counters| counts::add(&counters.writes, 1)).await
    }

    async fn get(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
    ) -> Result<Option<Vec<u8>>> {
        let command = cmd("GET").arg(key).take();
        let value: Option<Vec<u8>> =
            query(access, &connection, &command, |counters| counts::add(&counters.reads, 1))
                .await?;
        check_result_size(value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    async fn set(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Result<()> {
        let command = cmd("SET").arg(key).arg(value).take();
        query(access, &connection, &command, |counters| counts::add(&counters.writes, 1)).await
    }

    async fn incr(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
    ) -> Result<i64> {
        let command = cmd("INCRBY").arg(key).arg(1).take();
        query(access, &connection, &command, |counters| counts::add(&counters.increments, 1)).await
    }

    async fn del(
        access: &Access<T>,
        connection: Resource<Connection>,
        keys: Vec<String>,
    ) -> Result<u32> {
        let command = cmd("DEL").arg(&keys).take();
        query(access, &connection, &command, |counters| {
            counts::add(&counters.deletes, keys.len());
        })
        .await
    }

    async fn sadd(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Result<u32> {
        let command = cmd("SADD").arg(key).arg(values).take();
        query(access, &connection, &command, |counters| counts::add(&counters.writes, 1)).await
    }

    async fn smembers(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
    ) -> Result<Vec<String>> {
        let command = cmd("SMEMBERS").arg(key).take();
        query(access, &connection, &command, |counters| counts::add(&counters.reads, 1)).await
    }

    async fn srem(
        access: &Access<T>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Result<u32> {
        let command = cmd("SREM").arg(key).arg(values).take();
        query(access, &connection, &command, |counters| counts::add(&counters.writes, 1)).await
    }

    async fn execute(
        access: &Access<T>,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>> {
        let mut redis_command = cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => redis_command.arg(number),
                RedisParameter::Binary(bytes) => redis_command.arg(bytes),
            };
        }
        let count = |counters: &counts::Counters| counts::add(&counters.writes, 1);
        let reply: Value = query(access, &connection, &redis_command, count).await?;
        let mut results = Vec::new();
        append_results(reply, &mut results)?;
        check_result_size(results.iter().map(result_bytes).sum())?;
        Ok(results)
    }

    async fn drop(access: &Access<T>, connection: Resource<Connection>) -> wasmtime::Result<()> {
        access.with(|mut access| access.get().redis_connections.delete(connection))?;
        Ok(())
    }
}

/// Flattens nested arrays, as Spin does.
fn append_results(reply: Value, results: &mut Vec<RedisResult>) -> Result<()> {
    results.push(match reply {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::Boolean(value) => RedisResult::Int64(value.into()),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => RedisResult::Binary(bytes),
        Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::SimpleString(status) => RedisResult::Status(status),
        Value::Okay => RedisResult::Status("OK".to_string()),
        Value::Array(values) | Value::Set(values) => {
            return values.into_iter().try_for_each(|value| append_results(value, results));
        }
        // Maps and the like are only in replies of RESP3, which nothing selects.
        unsupported => {
            return Err(other(format!("Could not convert Redis response: {unsupported:?}")));
        }
    });
    Ok(())
}

fn result_bytes(result: &RedisResult) -> usize {
    size_of::<RedisResult>()
        + match result {
            RedisResult::Nil | RedisResult::Int64(_) => 0,
            RedisResult::Status(status) => status.len(),
            RedisResult::Binary(bytes) => bytes.len(),
        }
}

fn check_result_size(bytes: usize) -> Result<()> {
    match bytes > MAX_RESULT_BYTES {
        true => Err(other(format!("query result exceeds limit of {MAX_RESULT_BYTES} bytes"))),
        false => Ok(()),
    }
}
