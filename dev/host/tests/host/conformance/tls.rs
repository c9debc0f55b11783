//! `[[client_tls]]`: private roots and client certificates, per component and host.

use local_host::Running;

use crate::servers::CertificateAuthority;
use crate::test_app::{GUEST_COMPONENT, TestApp};

/// Two components that may send HTTPS requests to any host. The component `other` is called by `guest`.
async fn start(authority: &CertificateAuthority, config: &str) -> (TestApp, Running) {
    let app = TestApp::new(&format!(
        "{GUEST_COMPONENT}allowed_outbound_hosts = [\"https://*:*\", \"http://other.spin.internal\"]\n\
         [[trigger.http]]\nroute = {{ private = true }}\ncomponent = \"other\"\n\
         [component.other]\nsource = \"GUEST_PATH\"\nallowed_outbound_hosts = [\"https://*:*\"]\n"
    ));
    authority.write_files(app.folder.path());
    let host = app.start_with(app.runtime_config(config)).await.unwrap();
    (app, host)
}

fn entry(component: &str, host: &str, lines: &str) -> String {
    format!("[[client_tls]]\ncomponent_ids = [{component:?}]\nhosts = [{host:?}]\n{lines}\n")
}

const ROOTS: &str = "ca_roots_file = \"ca.pem\"";
const CLIENT: &str = "ca_roots_file = \"ca.pem\"\nclient_cert_file = \"client.pem\"\n\
    client_private_key_file = \"client.key\"";
const UNTRUSTED: &str = "TlsCertificateError";

#[tokio::test]
async fn a_private_root_applies_to_its_component_and_its_host() {
    let authority = CertificateAuthority::new();
    let server = authority.start_server().await;
    let port = server.addr.port();
    let (localhost, address) =
        (format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/"));

    let (app, host) = start(&authority, &entry("guest", "localhost", ROOTS)).await;
    let body = app.get(&host, &format!("/fetch?{localhost}")).await;
    assert_eq!(body, "200 without a certificate");
    let body = app.get(&host, &format!("/fetch?{address}")).await;
    assert!(body.contains(UNTRUSTED), "another host: {body}");
    let chained = format!("/fetch?http://other.spin.internal/fetch?{localhost}");
    let body = app.get(&host, &chained).await;
    assert!(body.contains(UNTRUSTED), "another component: {body}");
    assert!(
        host.console().contains("[other] a request to https://localhost"),
        "{}",
        host.console()
    );

    let (app, host) = start(&authority, "").await;
    let body = app.get(&host, &format!("/fetch?{localhost}")).await;
    assert!(body.contains(UNTRUSTED), "no configuration: {body}");

    let other = CertificateAuthority::new();
    let (app, host) = start(&other, &entry("guest", "localhost", ROOTS)).await;
    let body = app.get(&host, &format!("/fetch?{localhost}")).await;
    assert!(body.contains(UNTRUSTED), "another authority: {body}");
}

#[tokio::test]
async fn unlike_spin_components_do_not_share_connections_with_client_certificates() {
    let authority = CertificateAuthority::new();
    let server = authority.start_server().await;
    let url = format!("https://localhost:{}/", server.addr.port());
    let config = entry("guest", "localhost", CLIENT) + &entry("other", "localhost", ROOTS);
    let (app, host) = start(&authority, &config).await;

    let body = app.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(body, "200 with a certificate");
    let chained = format!("/fetch?http://other.spin.internal/fetch?{url}");
    assert_eq!(app.get(&host, &chained).await, "200 200 without a certificate");
    app.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(server.connections(), 3, "one connection per request");
}

#[tokio::test]
async fn the_first_entry_for_a_component_and_a_host_is_used() {
    let authority = CertificateAuthority::new();
    let server = authority.start_server().await;
    let url = format!("https://LOCALHOST:{}/", server.addr.port());
    let config = entry("guest", "localhost", ROOTS) + &entry("guest", "localhost", CLIENT);
    let (app, host) = start(&authority, &config).await;
    let body = app.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(body, "200 without a certificate");
}
