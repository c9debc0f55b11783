//! Requests that a component sends.

use local_host::{Options, Running};

use crate::world::{STORY, Story, texts};

/// A component that may send to `{{ friend }}` and to the two of this application.
fn sender() -> Story {
    let hosts = "allowed_outbound_hosts = [\"http://{{ friend }}\", \"http://self\", \
        \"http://private.spin.internal\", \"http://nobody.spin.internal\"]\n";
    let more = "[variables]\nfriend = { required = true }\n\
        [[trigger.http]]\nroute = { private = true }\ncomponent = \"private\"\n\
        [component.private]\nsource = \"GUEST\"\n";
    Story::new(&format!("{STORY}{hosts}{more}"))
}

async fn start(story: &Story, friend: &str) -> Running {
    let variables = texts([("friend", friend)]);
    story.start_with(Options { variables, ..Options::default() }).await.unwrap()
}

#[tokio::test]
async fn only_what_the_manifest_allows_is_sent() {
    let fixed = "[[trigger.http]]\nroute = \"/...\"\nstatic_response = { body = \"hello\" }";
    let (friend, stranger) = (Story::new(fixed), Story::new(fixed));
    let (friend, stranger) = (friend.start().await, stranger.start().await);
    let story = sender();
    let host = start(&story, &friend.addr().to_string()).await;

    assert_eq!(story.get(&host, &format!("/fetch?{}/x", friend.url())).await, "200 hello");
    let answer = story.get(&host, &format!("/fetch?{}/x", stranger.url())).await;
    assert!(answer.contains("HttpRequestDenied"), "{answer}");

    assert!(host.console().contains(&format!("add {:?}", stranger.url())), "{}", host.console());
    assert_eq!((host.counts().outbound, host.counts().refused), (1, 1));
    assert_eq!(stranger.counts().requests, 0);
}

#[tokio::test]
async fn components_call_each_other_without_the_network() {
    let story = sender();
    let host = start(&story, "unused").await;

    let answer = story.get(&host, "/fetch?http://private.spin.internal/a/b").await;
    for expected in [
        "200 ",
        "spin-path-info: /a/b\n",
        "spin-client-addr: 0.0.0.0:0\n",
        "spin-full-url: http://private.spin.internal/a/b\n",
    ] {
        assert!(answer.contains(expected), "{expected} is not in {answer}");
    }
    assert_eq!((host.counts().chained, host.counts().outbound), (1, 0));

    let answer = story.get(&host, "/fetch?http://nobody.spin.internal/").await;
    assert!(answer.contains("DestinationNotFound"), "{answer}");
    let answer = story.get(&host, "/fetch?http://story.spin.internal/").await;
    assert!(answer.contains("HttpRequestDenied"), "{answer}");
}

#[tokio::test]
async fn a_component_calls_its_own_application() {
    let story = sender();
    let host = start(&story, "unused").await;
    assert_eq!(story.get(&host, "/fetch?http://self.alt/print").await, "200 ");
    assert_eq!(host.counts().requests, 2);
}

#[tokio::test]
async fn a_failed_connection_says_how() {
    let story = sender();
    let host = start(&story, "does-not-exist.invalid").await;
    let answer = story.get(&host, "/fetch?http://does-not-exist.invalid/").await;
    assert!(answer.contains("DnsError"), "{answer}");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let host = start(&story, &closed.to_string()).await;
    let answer = story.get(&host, &format!("/fetch?http://{closed}/")).await;
    assert!(answer.contains("ConnectionRefused"), "{answer}");
    let line = format!("[story] a request to http://{closed} failed: connection error");
    assert!(host.console().contains(&line), "{}", host.console());
}
