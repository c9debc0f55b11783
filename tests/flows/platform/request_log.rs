//! The log line of each request, with its route and costs; trace context and request ids.

use http::Method;
use nokube_sim::Fault;
use nokube_tests::{Response, TestPlatform, USER_SECRET_VALUE};
use serde_json::json;
use std::collections::BTreeMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The fields of a logfmt line.
type Line = BTreeMap<String, String>;

/// The lines of all requests so far.
fn request_lines(platform: &TestPlatform) -> Vec<Line> {
    let console = platform.host().console();
    console
        .lines()
        .filter_map(|line| line.split_once("] request "))
        .map(|(_, fields)| parse_line(fields))
        .collect()
}

fn parse_line(line: &str) -> Line {
    let (mut rest, mut values) = (line, Line::new());
    while let Some((name, after)) = rest.split_once('=') {
        let (value, remaining) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        values.insert(name.trim().into(), value.into());
        rest = remaining;
    }
    values
}

fn number(line: &Line, name: &str) -> u64 {
    line[name].parse().unwrap()
}

/// The total key-value reads, key-value writes, outbound requests and chained requests.
fn total_costs(lines: &[Line]) -> [u64; 4] {
    ["kv_reads", "kv_writes", "outbound", "chained"]
        .map(|name| lines.iter().map(|line| number(line, name)).sum())
}

#[tokio::test]
async fn each_request_logs_one_line_with_its_route_and_costs() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = platform.finished_build(&alice).await;

    let before = request_lines(&platform).len();
    let poll = alice.request(Method::GET, &path).header("x-request-id", "the-poll-1");
    Response::send(poll).await.expect(200);
    platform.anonymous().get(&format!("{path}?sentinel=query")).await.expect_problem(401);
    alice.get("/api/v1/builds/sentinel-path/nothing").await.expect_problem(404);
    platform.anonymous().get("/docs").await.expect(200);
    let all = request_lines(&platform);
    let [poll, unauthenticated, not_found, page] = &all[before..] else {
        panic!("{:#?}", &all[before..])
    };

    assert_eq!(poll["component"], "builds");
    assert_eq!(poll["route"], "GET /api/v1/builds/{build}");
    assert_eq!((&*poll["status"], &*poll["request_id"]), ("200", "the-poll-1"));
    assert_eq!((&*poll["user"], &*poll["trace_id"]), ("alice@nokube", "-"));
    assert_eq!(total_costs(std::slice::from_ref(poll)), [2, 0, 0, 0]);
    assert!(number(poll, "ms") < 5_000);
    assert_eq!((&*unauthenticated["status"], &*unauthenticated["user"]), ("401", "-"));
    assert_eq!((&*not_found["status"], &*not_found["route"]), ("404", "-"));
    assert_eq!((&*page["component"], &*page["route"]), ("web", "GET /index.html"));
    let console = platform.host().console();
    let logged = console.lines().filter(|line| line.contains("] request "));
    assert!(!logged.into_iter().any(|line| line.contains("sentinel")));
    platform.finish().await;
}

#[tokio::test]
async fn costs_of_concurrent_requests_are_counted_separately() {
    let platform = TestPlatform::config().variable("build_quiet_seconds", "3600").start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let ended = alice.start_build(project).await;
    alice.wait_for_end(&ended).await;
    platform.settle().await;
    platform.wait_until_logged(&alice.get(&ended).await).await;
    let (before, lines_before) = (platform.host().counts(), request_lines(&platform).len());

    let polls = (0..40).map(|_| alice.get(&ended));
    let builds = (0..10).map(|_| alice.start_build(project));
    let project_path = format!("/api/v1/projects/{project}");
    let reads = (0..40).map(|_| alice.get(&project_path));
    futures::join!(
        futures::future::join_all(polls),
        futures::future::join_all(builds),
        futures::future::join_all(reads)
    );
    platform.settle().await;

    let all = request_lines(&platform);
    let new = &all[lines_before..];
    let polls: Vec<_> =
        new.iter().filter(|l| l["route"] == "GET /api/v1/builds/{build}").cloned().collect();
    assert_eq!(polls.len(), 40);
    assert!(
        polls.iter().all(|poll| total_costs(std::slice::from_ref(poll)) == [2, 0, 0, 0]),
        "{polls:#?}"
    );
    let counts = platform.host().counts() - before;
    let writes = counts.writes + counts.increments + counts.deletes;
    assert_eq!(total_costs(new), [counts.reads, writes, counts.outbound, counts.chained]);
    platform.finish().await;
}

#[tokio::test]
async fn a_stream_logs_its_line_when_it_has_ended() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    let follow = alice.request(Method::GET, &format!("{path}/logs"));
    let follow = follow.header("accept", "text/event-stream").header("x-request-id", "the-stream");
    Response::send(follow).await.expect(200);
    let lines =
        request_lines(&platform).into_iter().filter(|line| line["request_id"] == "the-stream");
    let [stream] = &lines.collect::<Vec<_>>()[..] else { panic!("not one line") };
    assert_eq!(stream["route"], "GET /api/v1/builds/{build}/logs");
    assert!(number(stream, "outbound") >= 1, "the log was requested: {stream:?}");
    platform.finish().await;
}

#[tokio::test]
async fn a_warning_has_its_request_id_and_is_one_line() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    let error = json!({ "message": "No: \"not today\"" });
    platform.github.add_fault(Fault::status("POST", "/dispatches", 422).body(error));
    let request = alice.request(Method::POST, "/api/v1/builds").json(&body);
    Response::send(request.header("x-request-id", "rejected-1")).await;
    let console = platform.host().console();
    let warnings: Vec<_> = console.lines().filter(|line| line.contains("] warning ")).collect();
    let [line] = &warnings[..] else { panic!("{warnings:#?}") };
    let start = "[builds] warning component=builds request_id=rejected-1 what=\"GitHub rejected the dispatch of ";
    assert!(line.starts_with(start) && line.contains("\\\"not today\\\""), "{line}");
    platform.finish().await;
}

#[tokio::test]
async fn trace_context_and_request_id_are_passed_to_github_the_cluster_and_other_components() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let post = |path: &str, body: &serde_json::Value, id: &str| {
        let request = alice.request(Method::POST, path).json(body);
        Response::send(request.header("traceparent", TRACE).header("x-request-id", id))
    };
    let request_body = alice.build_request(project, "frontend").await;
    let build = post("/api/v1/builds", &request_body, "request-a-build").await.expect(202);
    let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let build = alice.wait_for_end(&path).await;
    let mut request_body = alice.deployment_request(project, "frontend", "").await;
    request_body["image_name"] = build["image_full_name"].clone();
    request_body["build_id"] = build["build_id"].clone();
    request_body["secrets"] = json!({ "KEY": USER_SECRET_VALUE });
    post("/api/v1/deploy", &request_body, "request-a-deployment").await.expect(202);
    let is_last = |line: &str| {
        line.contains("component=deploy") && line.contains("request_id=request-a-deployment ")
    };
    let is_logged = |console: &str| console.lines().any(is_last);
    platform.wait_until_console("the deployment is logged", is_logged).await;

    for (requests, id) in [
        (platform.github.requests(), "request-a-build"),
        (platform.cluster.requests(), "request-a-deployment"),
    ] {
        let caused: Vec<_> = requests
            .iter()
            .filter(|r| r.headers.get("x-request-id").is_some_and(|value| value == id))
            .collect();
        assert!(caused.iter().any(|r| r.method != "GET"), "{id}: {caused:#?}");
        assert!(caused.iter().all(|r| r.headers["traceparent"] == TRACE), "{caused:#?}");
    }
    // The component deploy calls the component builds as part of the same request: to find the image, and after the
    // response to report the deployment at GitHub.
    let all = request_lines(&platform);
    let caused: Vec<_> =
        all.iter().filter(|line| line["request_id"] == "request-a-deployment").collect();
    let components: Vec<_> = caused.iter().map(|line| line["component"].as_str()).collect();
    let (deploy, others) = components.split_last().unwrap();
    assert!(*deploy == "deploy" && others.len() >= 2, "{components:?}");
    assert!(others.iter().all(|component| *component == "builds"), "{components:?}");
    assert!(caused.iter().all(|line| TRACE.contains(&line["trace_id"])));
    assert_eq!(number(caused[others.len()], "chained"), u64::try_from(others.len()).unwrap());
    // Requests without a trace context do not get one.
    let requests = platform.github.requests();
    assert!(requests.iter().any(|r| !r.headers.contains_key("traceparent")));
    platform.finish().await;
}

#[tokio::test]
async fn invalid_request_ids_are_neither_logged_nor_passed_on() {
    let platform = TestPlatform::start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let body = alice.build_request(project, "frontend").await;
    for forged in
        ["forged\trequest status=200", "forged request status=200", "forged\"x=1", "forged\u{85}x"]
    {
        let request = alice.request(Method::POST, "/api/v1/builds").json(&body);
        let request = request.header("x-request-id", forged.as_bytes());
        Response::send(request.header("traceparent", format!("{TRACE}-{forged}").as_bytes()))
            .await
            .expect(202);
    }
    // Line breaks in a header, which no client library would send.
    let host = platform.host().url().trim_start_matches("http://").to_owned();
    for end in ["\n", "\r", "\r\n ", "\r\n\t"] {
        let header = format!("X-Request-Id: 12345678{end}forged request status=200");
        let bytes = format!(
            "GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\n\r\n"
        );
        let mut socket = TcpStream::connect(&host).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 "), "{response}");
    }
    assert!(!platform.host().console().contains("forged"));
    for request in platform.github.requests() {
        assert!(!format!("{:?}", request.headers).contains("forged"));
    }
    assert!(request_lines(&platform).iter().all(|line| line["trace_id"] == "-"));
    platform.finish().await;
}
