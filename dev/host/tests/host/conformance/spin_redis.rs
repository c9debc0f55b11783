//! `spin:redis`: a component's own connections to a Redis server.

use std::time::Duration;

use futures::future::join_all;
use local_host::Running;

use crate::program::{read_url, start_program_with, terminate};
use crate::servers::{CertificateAuthority, Redis};
use crate::test_app::{GUEST_COMPONENT, TestApp};

/// The test component, with this entry in `allowed_outbound_hosts`.
fn app(allowed: &str) -> TestApp {
    TestApp::new(&format!("{GUEST_COMPONENT}allowed_outbound_hosts = [{allowed:?}]\n"))
}

async fn start(redis: &Redis) -> (TestApp, Running) {
    let app = app(&redis.url());
    let host = app.start().await;
    (app, host)
}

/// The result of a call in Rust's notation.
async fn call(app: &TestApp, host: &Running, call: &str, address: &str) -> String {
    app.get(host, &format!("/redis/{call}?{address}")).await
}

#[tokio::test]
async fn each_function_reaches_the_server() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    for (function, result) in [
        ("get/colour", "Ok(None)"),
        ("set/colour/blue", "Ok(())"),
        ("get/colour", "Ok(Some(\"blue\"))"),
        ("incr/n", "Ok(1)"),
        ("incr/n", "Ok(2)"),
        ("del/colour/n/absent", "Ok(2)"),
        ("sadd/people/ann/bob", "Ok(2)"),
        ("sadd/people/bob/cid", "Ok(1)"),
        ("srem/people/ann/bob/dan", "Ok(2)"),
        ("smembers/people", "Ok([\"cid\"])"),
        ("publish/news/hello", "Ok(())"),
    ] {
        assert_eq!(call(&app, &host, function, &redis.url()).await, result, "{function}");
    }
    assert_eq!(redis.query::<Vec<String>>(&["KEYS", "*"]).await, ["people"]);
}

#[tokio::test]
async fn execute_returns_what_the_server_replied_without_nesting() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    for (command, result) in [
        ("SET/lock/ann/NX", "Ok([RedisResult::Status(\"OK\")])"),
        ("SET/lock/bob/NX", "Ok([RedisResult::Nil])"),
        ("GET/lock", "Ok([RedisResult::Binary([97, 110, 110])])"),
        ("INCRBY/n/5", "Ok([RedisResult::Int64(5)])"),
        ("MGET/n/absent", "Ok([RedisResult::Binary([53]), RedisResult::Nil])"),
        (
            "SCAN/0/MATCH/lock",
            "Ok([RedisResult::Binary([48]), RedisResult::Binary([108, 111, 99, 107])])",
        ),
    ] {
        let body = call(&app, &host, &format!("execute/{command}"), &redis.url()).await;
        assert_eq!(body, result, "{command}");
    }
    let body = call(&app, &host, "execute/NOSUCHCOMMAND", &redis.url()).await;
    assert!(body.contains("Other(") && body.contains("unknown command"), "{body}");
}

#[tokio::test]
async fn an_address_that_is_not_allowed_or_not_redis_is_invalid() {
    let redis = Redis::start();
    let address = redis.url();
    let port = address.rsplit_once(':').unwrap().1.to_string();
    for (allowed, address, allows) in [
        (address.clone(), address.clone(), true),
        (address.clone(), format!("redis://localhost:{port}"), false),
        // Without a port it is 6379, in the entry and in the address.
        ("redis://127.0.0.1".to_string(), address.clone(), false),
        (address.clone(), "redis://127.0.0.1".to_string(), false),
        (format!("http://127.0.0.1:{port}"), address.clone(), false),
        (format!("*://127.0.0.1:{port}"), address.clone(), true),
        ("redis://*:*".to_string(), format!("{address}/1"), true),
        ("redis://*:*".to_string(), format!("{address}/one"), false),
        ("redis://*:*".to_string(), format!("127.0.0.1:{port}"), false),
        ("redis://*:*".to_string(), format!("http://127.0.0.1:{port}"), false),
        ("*://*:*".to_string(), "unix:///run/redis.sock".to_string(), false),
    ] {
        let app = app(&allowed);
        let host = app.start().await;
        let body = call(&app, &host, "open", &address).await;
        let expected = if allows { "connected" } else { "not connected: Error::InvalidAddress" };
        assert_eq!(body, expected, "{allowed} and {address}");
    }
}

#[tokio::test]
async fn the_console_names_the_missing_entry_without_the_password() {
    let app = app("redis://unset.invalid:6379");
    let host = app.start().await;
    let address = "redis://user:secret@127.0.0.1:7000/3";
    assert!(call(&app, &host, "open", address).await.contains("InvalidAddress"));
    let console = host.console();
    assert!(console.contains("add \"redis://127.0.0.1:7000\" to"), "{console}");
    assert!(!console.contains("secret"), "{console}");
    assert_eq!((host.counts().denied, host.counts().redis_connections), (1, 0));
}

#[tokio::test]
async fn a_password_in_the_address_is_used() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    redis.query::<()>(&["CONFIG", "SET", "requirepass", "s3cret"]).await;
    let with_password = redis.url().replace("//", "//:s3cret@");
    assert_eq!(call(&app, &host, "set/a/b", &with_password).await, "Ok(())");
    let body = call(&app, &host, "set/a/b", &redis.url()).await;
    assert!(body.contains("NOAUTH"), "{body}");
    let body = call(&app, &host, "open", &redis.url().replace("//", "//:wrong@")).await;
    assert!(body.contains("not connected") && !body.contains("wrong@"), "{body}");
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_an_error() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    call(&app, &host, "set/text/ann", &redis.url()).await;
    for (function, reason) in [
        ("incr/text", "not an integer"),
        ("sadd/text/bob", "WRONGTYPE"),
        ("smembers/text", "WRONGTYPE"),
    ] {
        let body = call(&app, &host, function, &redis.url()).await;
        assert!(body.starts_with("Err(Error::Other(") && body.contains(reason), "{body}");
    }
}

#[tokio::test]
async fn a_connection_does_not_reconnect() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    let address = redis.url();
    assert_eq!(call(&app, &host, "kept/set/a/b", &address).await, "Ok(())");
    drop(redis);
    let body = call(&app, &host, "open", &address).await;
    assert!(body.starts_with("not connected: Error::Other("), "{body}");
    let port = address.rsplit_once(':').unwrap().1;
    let _redis = Redis::on_port(port.parse().unwrap());
    for _ in 0..3 {
        let body = call(&app, &host, "kept/get/a", &address).await;
        assert!(body.starts_with("Err(Error::Other("), "{body}");
    }
    // A connection that the component opens anew works.
    assert_eq!(call(&app, &host, "get/a", &address).await, "Ok(None)");
}

#[tokio::test]
async fn a_call_waits_for_the_server_without_a_limit_but_blocks_no_other_request() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    let address = redis.url();
    call(&app, &host, "kept/set/a/b", &address).await;
    redis.pause();
    let mut waiting = Box::pin(call(&app, &host, "kept/get/a", &address));
    // Longer than the time limits that the client library has by default.
    assert!(tokio::time::timeout(Duration::from_secs(2), waiting.as_mut()).await.is_err());
    assert_eq!(app.status(&host, "/print").await, 200, "from the same instance");
    redis.resume();
    assert_eq!(waiting.await, "Ok(Some(\"b\"))");
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    let address = redis.url();
    // More than the 50 places of a connection's queue.
    assert_eq!(call(&app, &host, "incr-often/n/1000", &address).await, "1000");
    let calls = (0..300).map(|_| call(&app, &host, "kept/incr/m", &address));
    let mut results = join_all(calls).await;
    results.sort();
    results.dedup();
    assert_eq!(results.len(), 300, "{results:?}");
    assert_eq!(redis.query::<u32>(&["GET", "m"]).await, 300);
}

#[tokio::test]
async fn an_instance_closes_its_connections_when_it_ends() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    let connections = async || redis.query::<String>(&["CLIENT", "LIST"]).await.lines().count();
    let before = connections().await;
    call(&app, &host, "open", &redis.url()).await;
    call(&app, &host, "kept/open", &redis.url()).await;
    assert_eq!(connections().await, before + 1, "the other one was dropped by the component");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(connections().await, before, "an idle instance ends after a second");
}

#[tokio::test]
async fn each_call_is_counted() {
    let redis = Redis::start();
    let (app, host) = start(&redis).await;
    for function in ["get/a", "set/a/b", "incr/n", "del/a/n", "execute/SET/a/b/NX"] {
        call(&app, &host, &format!("kept/{function}"), &redis.url()).await;
    }
    let used = host.counts();
    assert_eq!((used.reads, used.writes, used.increments, used.deletes), (1, 2, 1, 2));
    assert_eq!((used.redis_connections, used.outbound), (1, 0));
}

#[tokio::test]
async fn a_rediss_address_is_for_tls_with_the_machines_roots() {
    let folder = tempfile::tempdir().unwrap();
    CertificateAuthority::new().write_server_files(folder.path());
    let redis = Redis::start_with_tls(folder.path());
    let address = redis.url().replace("redis:", "rediss:");
    let app = app(&address);
    let roots = folder.path().join("ca.pem");
    for (environment, result) in [
        (&[("SSL_CERT_FILE", roots.as_path())][..], "Ok(())"),
        (&[][..], "not connected: Error::Other("),
    ] {
        let mut child = start_program_with(&app, "127.0.0.1:0", &[], environment);
        let (url, _output) = read_url(&mut child);
        let response = app.client.get(format!("{url}/redis/set/a/b?{address}")).send().await;
        let body = response.unwrap().text().await.unwrap();
        assert!(body.starts_with(result), "{body}");
        terminate(&mut child);
    }
}
