//! `allowed_outbound_hosts`, triggers and outbound time-outs.

use std::time::{Duration, Instant};

use local_host::manifest::Manifest;
use local_host::{Options, Running};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::test_app::{GUEST_COMPONENT, TestApp, strings};

const STATIC_RESPONSE: &str =
    "[[trigger.http]]\nroute = \"/...\"\nstatic_response = { body = \"hello\" }";

/// An application whose `allowed_outbound_hosts` has this entry. The variable `port` can be used in it.
async fn start_with_entry(entry: &str, port: u16) -> (TestApp, Running) {
    let app = TestApp::new(&format!(
        "{GUEST_COMPONENT}allowed_outbound_hosts = [{entry:?}]\n[variables]\nport = {{ required = true }}\n\
         domain = {{ default = \"127.0.0\" }}\n"
    ));
    let variables = strings([("port", &port.to_string())]);
    let host = app.start_with(Options { variables, ..Options::default() }).await.unwrap();
    (app, host)
}

#[tokio::test]
async fn allowed_outbound_hosts_has_templates_domains_networks_self_and_ports() {
    let target = TestApp::new(STATIC_RESPONSE).start().await;
    let port = target.addr().port();
    let target_url = format!("http://127.0.0.1:{port}/");
    // A name that does not exist has another error than a denied request.
    let unknown_url = "http://a.b.invalid/".to_string();
    let (ok, unknown, denied) = ("200 hello", "DnsError", "HttpRequestDenied");
    for (entry, url, expected) in [
        ("http://127.0.0.1:{{ port }}", &target_url, ok),
        ("http://{{ domain }}.1:{{ port }}", &target_url, ok),
        ("http://127.0.0.1:*", &target_url, ok),
        ("http://127.0.0.1:1..65535", &target_url, ok),
        ("http://127.0.0.1:1..2", &target_url, denied),
        ("http://127.0.0.1", &target_url, denied),
        ("https://127.0.0.1:{{ port }}", &target_url, denied),
        ("*://*:*", &target_url, ok),
        ("http://127.0.0.0/8:{{ port }}", &target_url, ok),
        ("http://10.0.0.0/8:{{ port }}", &target_url, denied),
        ("http://*.b.invalid", &unknown_url, unknown),
        ("http://*.c.invalid", &unknown_url, denied),
        ("http://self", &target_url, denied),
    ] {
        let (app, host) = start_with_entry(entry, port).await;
        let body = app.get(&host, &format!("/fetch?{url}")).await;
        assert!(body.contains(expected), "{entry} and {url}: {body}");
    }
}

#[tokio::test]
async fn a_request_to_self_has_the_applications_own_host() {
    let (app, host) = start_with_entry("http://self", 1).await;
    let request = app.client.get(host.url() + "/fetch?http://self.alt/");
    let body = request.header("host", "evil.example").send().await.unwrap().text().await.unwrap();
    assert!(body.contains(&format!("\nspin-full-url: {}/\n", host.url())), "{body}");
    assert!(!body.contains("evil.example"), "{body}");
}

/// Starts a server that sends this text and keeps the connection open. Returns its port.
async fn serve_text(text: &'static str) -> u16 {
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
async fn a_components_time_outs_apply_to_outbound_requests() {
    for (scheme, text, expected) in [
        ("https", "", "ConnectionTimeout"),
        ("http", "", "ConnectionReadTimeout"),
        ("http", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "ConnectionReadTimeout"),
    ] {
        let port = serve_text(text).await;
        let (app, host) = start_with_entry("*://127.0.0.1:{{ port }}", port).await;
        let start = Instant::now();
        let body = app.get(&host, &format!("/fetch?{scheme}://127.0.0.1:{port}/")).await;
        assert!(body.contains(expected), "{scheme} {text}: {body}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[test]
fn a_cron_trigger_is_an_error() {
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"x\"\n\
        [[trigger.cron]]\ncron_expression = \"* * * * *\"\ncomponent = \"a\"\n\
        [component.a]\nsource = \"a.wasm\"\n";
    let error = Manifest::parse(manifest).unwrap_err();
    assert!(format!("{error:#}").contains("`cron`"), "{error:#}");
}
