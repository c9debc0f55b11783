//! Limits on the bodies of requests.

use crate::{MAX_UPLOAD, ROUTES};
use http_body_util::BodyExt;
use nokube_edge::{
    body::{StreamLimits, body_channel, stream_log},
    serve,
};
use nokube_test_host::TestHost;
use serde_json::json;
use std::time::Duration;

#[test]
fn a_body_may_be_as_long_as_the_route_allows() {
    let host = TestHost::install();
    let text = |length: usize| json!("x".repeat(length - 2));
    let anybody = host.anybody(ROUTES);
    let response = anybody.post("/uploads", &text(MAX_UPLOAD));
    assert_eq!(response.expect(200)["bytes"], MAX_UPLOAD);
    let problem = anybody.post("/uploads", &text(MAX_UPLOAD + 1)).expect(413);
    assert_eq!(problem["detail"], "The body must have at most 2 KiB.");
    let announced = anybody.with_header("content-length", "4096");
    announced.post("/uploads", &text(100)).expect(413);
}

#[test]
fn a_body_that_does_not_arrive_is_given_up_after_25_seconds() {
    let host = TestHost::install();
    let (status, waited) = host.run(async {
        let started = nokube_edge::now();
        let (mut sender, body) = body_channel();
        sender.send("the beginning").await;
        let request = http::Request::post("/uploads").body(body).unwrap();
        let response = serve("test", ROUTES, request).await;
        (response.status().as_u16(), nokube_edge::now().as_second() - started.as_second())
    });
    assert_eq!((status, waited), (408, 25));
}

/// Reads a log of `lines` lines of 10 bytes, one a second, and returns it and how long it took.
fn read_log(lines: usize, limits: StreamLimits) -> (String, i64) {
    let host = TestHost::install();
    host.run(async move {
        let started = nokube_edge::now();
        let body = stream_log(limits, async move |sender| {
            for _ in 0..lines {
                if !sender.send("some text\n").await {
                    return;
                }
                nokube_edge::sleep(Duration::from_secs(1)).await;
            }
        });
        let text = body.collect().await.unwrap().to_bytes();
        let seconds = nokube_edge::now().as_second() - started.as_second();
        (String::from_utf8(text.into()).unwrap(), seconds)
    })
}

#[test]
fn a_log_that_is_cut_off_ends_with_a_line_that_says_so() {
    let limits = StreamLimits { time: Duration::from_millis(20_500), bytes: 100 };
    let (complete, _) = read_log(9, limits);
    assert_eq!(complete, "some text\n".repeat(9));

    let (too_long, _) = read_log(11, limits);
    let rest = too_long.strip_prefix(&"some text\n".repeat(10)).unwrap();
    assert!(rest.starts_with("\n(The log is cut off here"), "{rest}");

    let (too_slow, seconds) = read_log(100, StreamLimits { bytes: 10_000, ..limits });
    assert!(too_slow.ends_with("to get all of it.)\n"), "{too_slow}");
    assert_eq!((too_slow.matches("some text").count(), seconds), (21, 20));
}
