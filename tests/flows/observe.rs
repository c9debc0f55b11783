//! What an operator sees of requests: one line for each, with what it cost; the trace that it is part of.

use http::Method;
use nokube_sim::Fault;
use nokube_tests::{Answer, USER_SECRET, World};
use serde_json::json;
use std::collections::BTreeMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Line = BTreeMap<String, String>;

/// The lines of requests so far.
fn lines(world: &World) -> Vec<Line> {
    let console = world.host().console();
    console
        .lines()
        .filter_map(|line| line.split_once("] request "))
        .map(|(_, l)| values(l))
        .collect()
}

fn values(line: &str) -> Line {
    let (mut rest, mut values) = (line, Line::new());
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        values.insert(name.trim().into(), value.into());
        rest = left;
    }
    values
}

fn number(line: &Line, name: &str) -> u64 {
    line[name].parse().unwrap()
}

fn sums(lines: &[Line]) -> [u64; 4] {
    ["kv_reads", "kv_writes", "outbound", "chained"]
        .map(|name| lines.iter().map(|line| number(line, name)).sum())
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_route_and_cost() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = world.finished_build(&alice).await;

    let before = lines(&world).len();
    let poll = alice.request(Method::GET, &path).header("x-request-id", "the-poll-1");
    Answer::of(poll).await.expect(200);
    world.anybody().get(&format!("{path}?sentinel=query")).await.problem(401);
    alice.get("/api/v1/builds/sentinel-path/nothing").await.problem(404);
    world.anybody().get("/docs").await.expect(200);
    let all = lines(&world);
    let [poll, refused, lost, page] = &all[before..] else { panic!("{:#?}", &all[before..]) };

    assert_eq!(poll["component"], "builds");
    assert_eq!(poll["route"], "GET /api/v1/builds/{build}");
    assert_eq!((&*poll["status"], &*poll["request_id"]), ("200", "the-poll-1"));
    assert_eq!((&*poll["user"], &*poll["trace_id"]), ("alice@nokube", "-"));
    assert_eq!(sums(std::slice::from_ref(poll)), [2, 0, 0, 0]);
    assert!(number(poll, "ms") < 5_000);
    assert_eq!((&*refused["status"], &*refused["user"]), ("401", "-"));
    assert_eq!((&*lost["status"], &*lost["route"]), ("404", "-"));
    assert_eq!((&*page["component"], &*page["route"]), ("web", "GET /index.html"));
    let console = world.host().console();
    let logged = console.lines().filter(|line| line.contains("] request "));
    assert!(!logged.into_iter().any(|line| line.contains("sentinel")));
    world.end().await;
}

#[tokio::test]
async fn of_many_requests_at_once_each_is_counted_for_itself() {
    let world = World::plan().set("build_quiet_seconds", "3600").start().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let ended = alice.build(project).await;
    alice.until_ended(&ended).await;
    world.sim.settled().await.ok();
    alice.get(&ended).await;
    let (before, counted) = (world.host().counts(), lines(&world).len());

    let polls = (0..40).map(|_| alice.get(&ended));
    let builds = (0..10).map(|_| alice.build(project));
    let lists = format!("/api/v1/projects/{project}");
    let reads = (0..40).map(|_| alice.get(&lists));
    futures::join!(
        futures::future::join_all(polls),
        futures::future::join_all(builds),
        futures::future::join_all(reads)
    );
    world.sim.settled().await.ok();

    let all = lines(&world);
    let new = &all[counted..];
    let polls: Vec<_> =
        new.iter().filter(|l| l["route"] == "GET /api/v1/builds/{build}").cloned().collect();
    assert_eq!(polls.len(), 40);
    assert!(
        polls.iter().all(|poll| sums(std::slice::from_ref(poll)) == [2, 0, 0, 0]),
        "{polls:#?}"
    );
    let spent = world.host().counts() - before;
    let writes = spent.writes + spent.increments + spent.deletes;
    assert_eq!(sums(new), [spent.reads, writes, spent.outbound, spent.chained]);
    world.end().await;
}

#[tokio::test]
async fn a_stream_leaves_its_line_when_it_has_ended() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    let follow = alice.request(Method::GET, &format!("{path}/logs"));
    let follow = follow.header("accept", "text/event-stream").header("x-request-id", "the-stream");
    Answer::of(follow).await.expect(200);
    let found = lines(&world).into_iter().filter(|line| line["request_id"] == "the-stream");
    let [stream] = &found.collect::<Vec<_>>()[..] else { panic!("not one line") };
    assert_eq!(stream["route"], "GET /api/v1/builds/{build}/logs");
    assert!(number(stream, "outbound") >= 1, "the log was asked for: {stream:?}");
    world.end().await;
}

#[tokio::test]
async fn a_warning_names_its_request_and_is_one_line() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    let says = json!({ "message": "No: \"not today\"" });
    world.sim.fault(Fault::status("POST", "/dispatches", 422).body(says));
    let request = alice.request(Method::POST, "/api/v1/builds").json(&wanted);
    Answer::of(request.header("x-request-id", "refused-1")).await;
    let console = world.host().console();
    let told: Vec<_> = console.lines().filter(|line| line.contains("] warning ")).collect();
    let [line] = &told[..] else { panic!("{told:#?}") };
    let begin = "[builds] warning component=builds request_id=refused-1 what=\"dispatch of ";
    assert!(line.starts_with(begin) && line.contains("\\\"not today\\\""), "{line}");
    world.end().await;
}

#[tokio::test]
async fn a_trace_and_the_requests_id_reach_whoever_is_asked() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let post = |path: &str, body: &serde_json::Value, id: &str| {
        let request = alice.request(Method::POST, path).json(body);
        Answer::of(request.header("traceparent", TRACE).header("x-request-id", id))
    };
    let wanted = alice.wanted(project, "frontend").await;
    let build = post("/api/v1/builds", &wanted, "asks-for-build").await.expect(202);
    let path = format!("/api/v1/builds/{}", build["build_id"].as_str().unwrap());
    let build = alice.until_ended(&path).await;
    let mut wanted = alice.wanted_deployment(project, "frontend", "").await;
    wanted["image_name"] = build["image_full_name"].clone();
    wanted["build_id"] = build["build_id"].clone();
    wanted["secrets"] = json!({ "KEY": USER_SECRET });
    post("/api/v1/deploy", &wanted, "asks-for-pods").await.expect(202);

    for (seen, id) in
        [(world.sim.requests(), "asks-for-build"), (world.cluster.requests(), "asks-for-pods")]
    {
        let caused: Vec<_> = seen
            .iter()
            .filter(|s| s.headers.get("x-request-id").is_some_and(|i| i == id))
            .collect();
        assert!(caused.iter().any(|seen| seen.method != "GET"), "{id}: {caused:#?}");
        assert!(caused.iter().all(|seen| seen.headers["traceparent"] == TRACE), "{caused:#?}");
    }
    // The deployments' component asks the builds' one as part of the same request.
    let all = lines(&world);
    let caused: Vec<_> = all.iter().filter(|line| line["request_id"] == "asks-for-pods").collect();
    let components: Vec<_> = caused.iter().map(|line| line["component"].as_str()).collect();
    assert_eq!(components, ["builds", "deploy"]);
    assert!(caused.iter().all(|line| TRACE.contains(&line["trace_id"])));
    assert_eq!(number(caused[1], "chained"), 1);
    // What was asked without a trace has none.
    assert!(world.sim.requests().iter().any(|seen| !seen.headers.contains_key("traceparent")));
    world.end().await;
}

#[tokio::test]
async fn what_is_not_a_name_of_a_request_is_neither_logged_nor_passed_on() {
    let world = World::new().await;
    let alice = world.user("alice");
    let project = alice.project("myapp").await;
    let wanted = alice.wanted(project, "frontend").await;
    for forged in
        ["forged\trequest status=200", "forged request status=200", "forged\"x=1", "forged\u{85}x"]
    {
        let request = alice.request(Method::POST, "/api/v1/builds").json(&wanted);
        let request = request.header("x-request-id", forged.as_bytes());
        Answer::of(request.header("traceparent", format!("{TRACE}-{forged}").as_bytes()))
            .await
            .expect(202);
    }
    // As no client's library would send it: a line's end inside of a header.
    let host = world.host().url().trim_start_matches("http://").to_owned();
    for end in ["\n", "\r", "\r\n ", "\r\n\t"] {
        let header = format!("X-Request-Id: 12345678{end}forged request status=200");
        let bytes = format!(
            "GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\n\r\n"
        );
        let mut socket = TcpStream::connect(&host).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
    assert!(!world.host().console().contains("forged"));
    for seen in world.sim.requests() {
        assert!(!format!("{:?}", seen.headers).contains("forged"));
    }
    assert!(lines(&world).iter().all(|line| line["trace_id"] == "-"));
    world.end().await;
}
