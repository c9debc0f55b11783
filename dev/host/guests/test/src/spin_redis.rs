//! `spin:redis`. The path has the function and its arguments, the query the server's address. The response is
//! the result in Rust's notation.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use futures::future::join_all;
use spin_sdk::redis::{Connection, RedisParameter};

use crate::{HandlerResult, text};

thread_local! {
    /// The connection of calls that start with `kept/`. Lives as long as the instance.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

pub async fn call(call: &str, address: &str) -> HandlerResult {
    let (call, opened) = match call.strip_prefix("kept/") {
        Some(call) => (call, kept_connection(address).await),
        None => (call, Connection::open(address).await.map(Rc::new)),
    };
    let connection = match opened {
        Ok(connection) => connection,
        Err(error) => return text(format!("not connected: {error:?}")),
    };
    let words: Vec<&str> = call.split('/').collect();
    text(match words.as_slice() {
        ["open"] => "connected".to_string(),
        ["publish", channel, payload] => show(connection.publish(channel, payload).await),
        ["get", key] => {
            let value = connection.get(key).await;
            show(value.map(|value| value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())))
        }
        ["set", key, value] => show(connection.set(key, value).await),
        ["incr", key] => show(connection.incr(key).await),
        ["incr-often", key, times] => {
            let times = 0..times.parse().unwrap_or(0);
            let mut numbers: Vec<i64> =
                join_all(times.map(|_| connection.incr(key))).await.into_iter().flatten().collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.len().to_string()
        }
        ["del", keys @ ..] => show(connection.del(keys).await),
        ["sadd", key, values @ ..] => show(connection.sadd(key, values).await),
        ["smembers", key] => show(connection.smembers(key).await),
        ["srem", key, values @ ..] => show(connection.srem(key, values).await),
        ["execute", command, arguments @ ..] => {
            let arguments = arguments.iter().map(|argument| match argument.parse() {
                Ok(number) => RedisParameter::Int64(number),
                Err(_) => RedisParameter::Binary(argument.as_bytes().to_vec()),
            });
            show(connection.execute(command, arguments).await)
        }
        _ => return Err(format!("{call:?} is not a call")),
    })
}

fn show<T: Debug, E: Debug>(result: Result<T, E>) -> String {
    format!("{result:?}")
}

async fn kept_connection(address: &str) -> Result<Rc<Connection>, spin_sdk::redis::Error> {
    if let Some(connection) = KEPT.with_borrow(Clone::clone) {
        return Ok(connection);
    }
    let connection = Rc::new(Connection::open(address).await?);
    KEPT.set(Some(connection.clone()));
    Ok(connection)
}
