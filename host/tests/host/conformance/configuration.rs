//! `allowed_outbound_hosts`, triggers and outbound time-outs.

use std::time::{Duration, Instant};

use local_host::manifest::Manifest;
use local_host::{Options, Running};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::world::{STORY, Story, texts};

const FIXED: &str = "[[trigger.http]]\nroute = \"/...\"\nstatic_response = { body = \"hello\" }";

/// A component with this one entry; `port` is a variable.
async fn with_entry(entry: &str, port: u16) -> (Story, Running) {
    let story = Story::new(&format!(
        "{STORY}allowed_outbound_hosts = [{entry:?}]\n[variables]\nport = {{ required = true }}\n\
         domain = {{ default = \"127.0.0\" }}\n"
    ));
    let variables = texts([("port", &port.to_string())]);
    let host = story.start_with(Options { variables, ..Options::default() }).await.unwrap();
    (story, host)
}

#[tokio::test]
async fn allowed_outbound_hosts_has_templates_domains_networks_self_and_ports() {
    let friend = Story::new(FIXED).start().await;
    let port = friend.addr().port();
    let there = format!("http://127.0.0.1:{port}/");
    // Allowed but not to be found, which is not the same as forbidden.
    let nowhere = "http://a.b.invalid/".to_string();
    let (hello, unknown, denied) = ("200 hello", "DnsError", "HttpRequestDenied");
    for (entry, url, expected) in [
        ("http://127.0.0.1:{{ port }}", &there, hello),
        ("http://{{ domain }}.1:{{ port }}", &there, hello),
        ("http://127.0.0.1:*", &there, hello),
        ("http://127.0.0.1:1..65535", &there, hello),
        ("http://127.0.0.1:1..2", &there, denied),
        ("http://127.0.0.1", &there, denied),
        ("https://127.0.0.1:{{ port }}", &there, denied),
        ("*://*:*", &there, hello),
        ("http://127.0.0.0/8:{{ port }}", &there, hello),
        ("http://10.0.0.0/8:{{ port }}", &there, denied),
        ("http://*.b.invalid", &nowhere, unknown),
        ("http://*.c.invalid", &nowhere, denied),
        ("http://self", &there, denied),
    ] {
        let (story, host) = with_entry(entry, port).await;
        let answer = story.get(&host, &format!("/fetch?{url}")).await;
        assert!(answer.contains(expected), "{entry} and {url}: {answer}");
    }
}

#[tokio::test]
async fn a_call_to_self_has_the_applications_own_host() {
    let (story, host) = with_entry("http://self", 1).await;
    let request = story.client.get(host.url() + "/fetch?http://self.alt/");
    let answer = request.header("host", "evil.example").send().await.unwrap().text().await.unwrap();
    assert!(answer.contains(&format!("\nspin-full-url: {}/\n", host.url())), "{answer}");
    assert!(!answer.contains("evil.example"), "{answer}");
}

/// A server that says this and nothing more; its port.
async fn says(text: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    port
}

#[tokio::test]
async fn a_components_own_time_outs_hold_in_outbound_calls() {
    for (scheme, said, expected) in [
        ("https", "", "ConnectionTimeout"),
        ("http", "", "ConnectionReadTimeout"),
        ("http", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "ConnectionReadTimeout"),
    ] {
        let port = says(said).await;
        let (story, host) = with_entry("*://127.0.0.1:{{ port }}", port).await;
        let start = Instant::now();
        let answer = story.get(&host, &format!("/fetch?{scheme}://127.0.0.1:{port}/")).await;
        assert!(answer.contains(expected), "{scheme} {said}: {answer}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[test]
fn cron_is_no_trigger_of_spins_own() {
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"x\"\n\
        [[trigger.cron]]\ncron_expression = \"* * * * *\"\ncomponent = \"a\"\n\
        [component.a]\nsource = \"a.wasm\"\n";
    let error = Manifest::parse(manifest).unwrap_err();
    assert!(format!("{error:#}").contains("`cron`"), "{error:#}");
}
