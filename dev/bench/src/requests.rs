//! Measures the two most frequent requests. The baseline is a component (`guests/bare`) that reads and
//! writes the same keys of the same storage, without routes, settings, authentication and JSON.

use crate::{
    component,
    load::{MakeRequest, measure_throughput},
};
use local_host::{App, Console, Options, Running};
use nokube_domain::{BuildId, ProjectId, jwt::sign};
use nokube_sim::Delivery;
use nokube_tests::{JWT_SECRET, TestPlatform, WEBHOOK_SECRET, claims};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tempfile::TempDir;

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 15;
const ROUND_DURATION: Duration = Duration::from_millis(600);

pub async fn measure() {
    let world = TestPlatform::start().await;
    let alice = world.user("alice");
    let path = alice.start_build(alice.create_project("myapp").await).await;
    alice.wait_for_end(&path).await;
    world.github.wait_until_idle().await.unwrap();
    let build = alice.get(&path).await.expect(200).to_string();
    let id: BuildId = path.rsplit('/').next().unwrap().parse().unwrap();
    let storage = world.storage_file();
    let folder = TempDir::new().unwrap();
    let baseline = start_baseline(folder.path(), storage.ancestors().nth(2).unwrap()).await;

    let token = sign(&claims("alice"), JWT_SECRET.as_bytes()).unwrap();
    let product_request = get(&path, &format!("authorization: Bearer {token}\r\n"));
    let keys = format!("/?r/{0}/{1}&m/{0}&{2}", id.project, id.number, build.len());
    compare(
        "a read of a completed build",
        0.85,
        (world.host(), product_request),
        (&baseline, get(&keys, "")),
    )
    .await;

    let deliveries = world.github.deliveries();
    let is_in_progress = |delivery: &&Delivery| delivery.action.as_deref() == Some("in_progress");
    let delivery = deliveries.iter().find(is_in_progress).unwrap();
    let text = String::from_utf8(delivery.body.to_vec()).unwrap();
    let event = EventTemplate { build: id, text };
    let size = stored_size(&world, &event, &storage).await;
    let (for_product, for_baseline) = (event.clone(), event);
    let product_request: MakeRequest = Arc::new(move |number| {
        let body = for_product.for_build(number);
        let signature = nokube_sim::webhook_signature(WEBHOOK_SECRET, body.as_bytes()).unwrap();
        let headers = format!("{HEADERS}x-hub-signature-256: {signature}\r\n");
        post("/api/v1/webhooks/github", &headers, &body)
    });
    let baseline_request: MakeRequest = Arc::new(move |number| {
        let body = for_baseline.for_build(number);
        // So that the client does the same work.
        nokube_sim::webhook_signature(WEBHOOK_SECRET, body.as_bytes()).unwrap();
        post(&format!("/?bare/{number}&{size}"), HEADERS, &body)
    });
    compare(
        "an accepted webhook",
        0.85,
        (world.host(), product_request),
        (&baseline, baseline_request),
    )
    .await;
    baseline.stop().await.unwrap();
    world.finish().await;
}

const HEADERS: &str = "content-type: application/json\r\nx-github-event: workflow_run\r\n";

/// A webhook's payload, with the id of its build to be replaced.
#[derive(Clone)]
struct EventTemplate {
    build: BuildId,
    text: String,
}

impl EventTemplate {
    /// The payload for a build that does not exist.
    fn for_build(&self, number: u64) -> String {
        self.text.replace(&self.build.to_string(), &Self::build_id(number).to_string())
    }

    fn build_id(number: u64) -> BuildId {
        let project: ProjectId = ProjectId(900);
        BuildId::new(project, u32::try_from(number).unwrap(), number)
    }
}

/// How many bytes the platform stores for the event.
async fn stored_size(world: &TestPlatform, event: &EventTemplate, storage: &Path) -> usize {
    const NUMBER: u64 = 4_000_000;
    let body = event.for_build(NUMBER).into_bytes();
    let response = world.send_webhook_bytes("workflow_run", body, WEBHOOK_SECRET).await;
    assert_eq!(response.expect(200)["outcome"], "stored");
    let size = "SELECT length(value) FROM spin_key_value WHERE key = ?1";
    let key = format!("r/900/{NUMBER}");
    Connection::open(storage).unwrap().query_row(size, [key], |row| row.get(0)).unwrap()
}

/// Serves the baseline component with the same storage.
async fn start_baseline(folder: &Path, state: &Path) -> Running {
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

/// Measures both in alternation, and prints the product's throughput relative to the baseline's. `target` is by
/// processor time.
async fn compare(
    name: &str,
    target: f64,
    product: (&Running, MakeRequest),
    baseline: (&Running, MakeRequest),
) {
    let next = Arc::new(AtomicU64::new(1));
    let measure = async |(host, make): (&Running, &MakeRequest)| {
        measure_throughput(host.addr(), CONNECTIONS, ROUND_DURATION, &next, make).await
    };
    let (mut by_rate, mut by_cpu_time) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let of_product = measure((product.0, &product.1)).await;
        let of_baseline = measure((baseline.0, &baseline.1)).await;
        // The first round is the warm-up.
        if round > 0 {
            by_rate.push(of_product.requests_per_second / of_baseline.requests_per_second);
            by_cpu_time
                .push(of_baseline.cpu_seconds_per_request / of_product.cpu_seconds_per_request);
        }
    }
    by_rate.sort_by(f64::total_cmp);
    by_cpu_time.sort_by(f64::total_cmp);
    let median = ROUNDS / 2;
    // Other processes affect the rate, but hardly the processor time.
    println!(
        "  {name}: {:.2} by processor time ({:.2} to {:.2})   target: {target}; {:.2} by rate",
        by_cpu_time[median],
        by_cpu_time[0],
        by_cpu_time[ROUNDS - 1],
        by_rate[median]
    );
}

fn get(path: &str, headers: &str) -> MakeRequest {
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
