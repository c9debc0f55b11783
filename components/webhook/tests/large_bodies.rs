//! A push of 25 MB is verified while it arrives, and little of it is kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

mod common;

use bytes::Bytes;
use common::{PATH, link_service, push, sender, signature};
use futures::{Stream, StreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use nokube_edge::{BodyError, BoxBody, body::body_channel, now, sleep, spawn_for};
use nokube_test_host::{Response, TestHost, WEBHOOK_SECRET};
use std::{rc::Rc, time::Duration};

const MIB: usize = 1024 * 1024;

/// How large the chunks are in which a host may give a body.
const CHUNK: usize = 16 * 1024;

/// A file in a push, with a name that is awkward to leave out.
const FILE: &str = r#""services/{added}/\u0063ommits: []\"é😀\\","#;

/// A push of this size, in chunks that are made when they are needed.
fn large_push(size: usize) -> impl Iterator<Item = Bytes> {
    let mut small = push();
    let fields = small.as_object_mut().unwrap();
    let git_ref = fields.remove("ref").unwrap();
    fields.remove("commits");
    let small = small.to_string();
    let begin = format!("{},\"commits\":[{{\"modified\":[", small.strip_suffix('}').unwrap());
    let end = format!("\"last\"]}}],\"ref\":{git_ref}}}");
    let space = size - begin.len() - end.len();
    let end = " ".repeat(space % FILE.len()) + &end;
    let (files, in_a_chunk) = (space / FILE.len(), CHUNK / FILE.len());
    let full_chunks = std::iter::repeat_n(in_a_chunk, files / in_a_chunk);
    let chunks = full_chunks.chain([files % in_a_chunk]);
    let files = chunks.map(|files| Bytes::from(FILE.repeat(files)));
    [Bytes::from(begin)].into_iter().chain(files).chain([Bytes::from(end)])
}

fn body(chunks: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static) -> BoxBody {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

/// A body that arrives as fast as it is read.
fn whole(chunks: impl Iterator<Item = Bytes> + Send + 'static) -> BoxBody {
    body(stream::iter(chunks.map(Ok)))
}

/// Delivers a push of this size.
fn deliver(host: &Rc<TestHost>, event: &str, size: usize) -> Response {
    let signature = signature(WEBHOOK_SECRET, large_push(size));
    sender(host, event, &signature).stream_unauthenticated("POST", PATH, whole(large_push(size)))
}

/// The most memory that this process has had, in KiB.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_push_of_25_mib_is_stored_in_little_memory_and_a_larger_one_is_refused() {
    let host = TestHost::install();
    link_service(&host, 7);
    assert_eq!(deliver(&host, "push", 2 * MIB).expect(200)["outcome"], "stored");
    let before = peak_memory();
    assert_eq!(deliver(&host, "push", 25 * MIB).expect(200)["outcome"], "stored");
    let more = peak_memory().saturating_sub(before); // The kernel counts roughly.
    // The other tests of this process keep some megabytes.
    assert!(more < 12 * 1024, "{more} KiB");
    let stored = &host.stored()["work/builds/2"];
    assert!(stored.contains("\"main\"") && stored.len() < 1024, "{stored}");

    deliver(&host, "push", 25 * MIB + 1).expect(413);
    // Other events have no large lists.
    deliver(&host, "workflow_run", MIB + 1).expect(413);
    assert_eq!(host.stored().keys().filter(|key| key.starts_with("work/")).count(), 2);
}

#[test]
fn one_byte_more_or_less_or_another_one_is_refused() {
    let host = TestHost::install();
    link_service(&host, 7);
    let signature = signature(WEBHOOK_SECRET, large_push(MIB));
    let sent: Vec<u8> = large_push(MIB).flatten().collect();
    let deliver = |bytes: Vec<u8>| {
        let chunks: Vec<_> = bytes.chunks(CHUNK).map(Bytes::copy_from_slice).collect();
        let sender = sender(&host, "push", &signature);
        sender.stream_unauthenticated("POST", PATH, whole(chunks.into_iter()))
    };
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = sent.clone();
        change(&mut bytes);
        bytes
    };
    // Also where it is left out.
    let other = changed(&|bytes| bytes[MIB / 2] = if bytes[MIB / 2] == b'a' { b'b' } else { b'a' });
    for bytes in [
        changed(&|bytes| bytes.push(b' ')),
        changed(&|bytes| bytes.insert(0, b' ')),
        changed(&|bytes| bytes.truncate(MIB - 1)),
        other,
        Vec::new(),
    ] {
        deliver(bytes).expect(401);
    }
    assert_eq!(deliver(sent.clone()).expect(200)["outcome"], "stored");
}

#[test]
fn a_body_that_ends_early_or_is_slow_is_refused() {
    let host = TestHost::install();
    link_service(&host, 7);
    let signature = signature(WEBHOOK_SECRET, large_push(MIB));
    let sender = sender(&host, "push", &signature);
    let begin = || stream::iter(large_push(MIB).take(20).map(Ok));
    let send = |body: BoxBody| sender.stream_unauthenticated("POST", PATH, body);

    let cut_off = stream::iter([Err(BodyError("connection reset".into()))]);
    send(body(begin().chain(cut_off))).expect(400);
    send(body(begin())).expect(401);
    send(body(begin().chain(stream::pending()))).expect(408);

    // A client that sends a chunk each second gets no longer.
    let started = now();
    send(slow(large_push(8 * MIB))).expect(408);
    assert!(now().duration_since(started).as_secs() <= 30);
    assert!(!host.stored().keys().any(|key| key.starts_with("work/")));
}

#[test]
fn a_body_whose_length_is_announced_wrongly_is_refused() {
    let host = TestHost::install();
    link_service(&host, 7);
    let signature = signature(WEBHOOK_SECRET, large_push(MIB));
    let deliver = |length: usize| {
        let sender = sender(&host, "push", &signature);
        let sender = sender.with_header("content-length", &length.to_string());
        sender.stream_unauthenticated("POST", PATH, whole(large_push(MIB)))
    };
    // Nothing of it is read.
    deliver(25 * MIB + 1).expect(413);
    // The host holds the body to its length. If it did not, the bytes would count that arrive.
    assert_eq!(deliver(5).expect(200)["outcome"], "stored");
    assert_eq!(deliver(25 * MIB).expect(200)["outcome"], "stored");
}

/// A body of which a chunk arrives each second.
fn slow(chunks: impl Iterator<Item = Bytes> + 'static) -> BoxBody {
    let (mut sender, body) = body_channel();
    spawn_for(Duration::from_secs(3600), async move {
        for chunk in chunks {
            sleep(Duration::from_secs(1)).await;
            if !sender.send(chunk).await {
                return;
            }
        }
    });
    body
}
