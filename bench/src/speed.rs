//! The two requests that there are most of, against a bare component (`guests/bare`) that reads and
//! writes the same keys of the same storage: what do routes, settings, identity and JSON cost?

use crate::{
    component,
    load::{Make, pace},
};
use local_host::{App, Console, Options, Running};
use nokube_domain::{BuildId, ProjectId, jwt::sign};
use nokube_tests::{JWT_SECRET, WEBHOOK_SECRET, World, claims};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tempfile::TempDir;

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(600);

pub async fn speed() {
    let world = World::new().await;
    let alice = world.user("alice");
    let path = alice.build(alice.project("myapp").await).await;
    alice.until_ended(&path).await;
    world.sim.settled().await.unwrap();
    let answer = alice.get(&path).await.expect(200).to_string();
    let id: BuildId = path.rsplit('/').next().unwrap().parse().unwrap();
    let storage = world.storage();
    let folder = TempDir::new().unwrap();
    let bare = bare(folder.path(), storage.ancestors().nth(2).unwrap()).await;

    let token = sign(&claims("alice"), JWT_SECRET.as_bytes()).unwrap();
    let ours = get(&path, &format!("authorization: Bearer {token}\r\n"));
    let keys = format!("/?r/{0}/{1}&m/{0}&{2}", id.project, id.number, answer.len());
    compare("a poll of a finished build", 0.8, (world.host(), ours), (&bare, get(&keys, ""))).await;

    let told = world.sim.deliveries();
    let told = told.iter().find(|told| told.action.as_deref() == Some("in_progress")).unwrap();
    let event = Event { of: id, text: String::from_utf8(told.body.to_vec()).unwrap() };
    let size = stored(&world, &event, &storage).await;
    let (one, other) = (event.clone(), event);
    let ours: Make = Arc::new(move |number| {
        let body = one.about(number);
        let signature = nokube_sim::signature(WEBHOOK_SECRET, body.as_bytes()).unwrap();
        let headers = format!("{HEADERS}x-hub-signature-256: {signature}\r\n");
        post("/api/v1/webhooks/github", &headers, &body)
    });
    let theirs: Make = Arc::new(move |number| {
        let body = other.about(number);
        // As much work for the client.
        nokube_sim::signature(WEBHOOK_SECRET, body.as_bytes()).unwrap();
        post(&format!("/?bare/{number}&{size}"), HEADERS, &body)
    });
    compare("an accepted webhook", 0.7, (world.host(), ours), (&bare, theirs)).await;
    bare.stop().await.unwrap();
    world.end().await;
}

const HEADERS: &str = "content-type: application/json\r\nx-github-event: workflow_run\r\n";

/// An event of GitHub's, to be told about other builds.
#[derive(Clone)]
struct Event {
    of: BuildId,
    text: String,
}

impl Event {
    /// The same about a build that nothing is known about.
    fn about(&self, number: u64) -> String {
        self.text.replace(&self.of.to_string(), &Self::build(number).to_string())
    }

    fn build(number: u64) -> BuildId {
        let project: ProjectId = ProjectId(900);
        BuildId::new(project, u32::try_from(number).unwrap(), number)
    }
}

/// How many bytes the platform stores for such an event.
async fn stored(world: &World, event: &Event, storage: &Path) -> usize {
    const FIRST: u64 = 4_000_000;
    let body = event.about(FIRST).into_bytes();
    let answer = world.deliver("workflow_run", body, WEBHOOK_SECRET).await;
    assert_eq!(answer.expect(200)["outcome"], "stored");
    let size = "SELECT length(value) FROM spin_key_value WHERE key = ?1";
    let key = format!("r/900/{FIRST}");
    Connection::open(storage).unwrap().query_row(size, [key], |row| row.get(0)).unwrap()
}

/// The bare component, served on the same storage.
async fn bare(folder: &Path, state: &Path) -> Running {
    let source = component("bench_bare");
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"bare\"\n\
         [[trigger.http]]\nroute = \"/...\"\ncomponent = \"bare\"\n\
         [component.bare]\nsource = {source:?}\nkey_value_stores = [\"default\"]\n"
    );
    let file = folder.join("spin.toml");
    std::fs::write(&file, manifest).unwrap();
    let options =
        Options { state_dir: state.into(), console: Console::Capture, ..Options::default() };
    App::load(&file).unwrap().serve(options).await.unwrap()
}

/// Asks both in turns, and prints how much of the bare component's pace ours has.
async fn compare(what: &str, aim: f64, ours: (&Running, Make), theirs: (&Running, Make)) {
    let next = Arc::new(AtomicU64::new(1));
    let measured = async |(host, make): (&Running, &Make)| {
        pace(host.addr(), CONNECTIONS, ROUND, &next, make).await
    };
    let (mut rates, mut works) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (one, other) =
            (measured((ours.0, &ours.1)).await, measured((theirs.0, &theirs.1)).await);
        // In the first round everything is new.
        if round > 0 {
            rates.push(one.rate / other.rate);
            works.push(other.work / one.work);
        }
    }
    rates.sort_by(f64::total_cmp);
    works.sort_by(f64::total_cmp);
    let middle = ROUNDS / 2;
    println!(
        "  {what}: {:.2} of the pace ({:.2} to {:.2}), {:.2} by processor time   aim: {aim}",
        rates[middle],
        rates[0],
        rates[ROUNDS - 1],
        works[middle]
    );
}

fn get(path: &str, headers: &str) -> Make {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes();
    Arc::new(move |_| request.clone())
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}
