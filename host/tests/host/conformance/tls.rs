//! `[[client_tls]]`: private roots and client certificates, per component and host.

use local_host::Running;

use crate::servers::Authority;
use crate::world::{STORY, Story};

/// Two components that may send anywhere over HTTPS, the second by way of the first.
async fn start(authority: &Authority, config: &str) -> (Story, Running) {
    let story = Story::new(&format!(
        "{STORY}allowed_outbound_hosts = [\"https://*:*\", \"http://other.spin.internal\"]\n\
         [[trigger.http]]\nroute = {{ private = true }}\ncomponent = \"other\"\n\
         [component.other]\nsource = \"GUEST\"\nallowed_outbound_hosts = [\"https://*:*\"]\n"
    ));
    authority.write(story.folder.path());
    let host = story.start_with(story.runtime_config(config)).await.unwrap();
    (story, host)
}

fn entry(component: &str, host: &str, lines: &str) -> String {
    format!("[[client_tls]]\ncomponent_ids = [{component:?}]\nhosts = [{host:?}]\n{lines}\n")
}

const ROOTS: &str = "ca_roots_file = \"ca.pem\"";
const CLIENT: &str = "ca_roots_file = \"ca.pem\"\nclient_cert_file = \"client.pem\"\n\
    client_private_key_file = \"client.key\"";
const REFUSED: &str = "TlsCertificateError";

#[tokio::test]
async fn a_private_root_holds_for_its_component_and_its_host() {
    let authority = Authority::new();
    let server = authority.serve().await;
    let port = server.addr.port();
    let (localhost, address) =
        (format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/"));

    let (story, host) = start(&authority, &entry("story", "localhost", ROOTS)).await;
    let answer = story.get(&host, &format!("/fetch?{localhost}")).await;
    assert_eq!(answer, "200 without a certificate");
    let answer = story.get(&host, &format!("/fetch?{address}")).await;
    assert!(answer.contains(REFUSED), "another host: {answer}");
    let chained = format!("/fetch?http://other.spin.internal/fetch?{localhost}");
    let answer = story.get(&host, &chained).await;
    assert!(answer.contains(REFUSED), "another component: {answer}");
    assert!(
        host.console().contains("[other] a request to https://localhost"),
        "{}",
        host.console()
    );

    let (story, host) = start(&authority, "").await;
    let answer = story.get(&host, &format!("/fetch?{localhost}")).await;
    assert!(answer.contains(REFUSED), "no configuration: {answer}");

    let other = Authority::new();
    let (story, host) = start(&other, &entry("story", "localhost", ROOTS)).await;
    let answer = story.get(&host, &format!("/fetch?{localhost}")).await;
    assert!(answer.contains(REFUSED), "another authority: {answer}");
}

#[tokio::test]
async fn on_purpose_a_connection_with_a_client_certificate_serves_no_other_component() {
    let authority = Authority::new();
    let server = authority.serve().await;
    let url = format!("https://localhost:{}/", server.addr.port());
    let config = entry("story", "localhost", CLIENT) + &entry("other", "localhost", ROOTS);
    let (story, host) = start(&authority, &config).await;

    let answer = story.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(answer, "200 with a certificate");
    let chained = format!("/fetch?http://other.spin.internal/fetch?{url}");
    assert_eq!(story.get(&host, &chained).await, "200 200 without a certificate");
    story.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(server.connections(), 3, "a connection for each request");
}

#[tokio::test]
async fn the_first_entry_for_a_component_and_a_host_holds() {
    let authority = Authority::new();
    let server = authority.serve().await;
    let url = format!("https://LOCALHOST:{}/", server.addr.port());
    let config = entry("story", "localhost", ROOTS) + &entry("story", "localhost", CLIENT);
    let (story, host) = start(&authority, &config).await;
    let answer = story.get(&host, &format!("/fetch?{url}")).await;
    assert_eq!(answer, "200 without a certificate");
}
