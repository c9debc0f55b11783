//! Webhooks with a valid signature whose bodies GitHub would not send: each is answered soon, and none changes another
//! build than the one that it names.

use crate::{
    host_process::{HostProcess, settings},
    storage_rows::StorageRows,
    webhook_mutation::{Mutation, Payload},
};
use fastrand::Rng;
use futures::{StreamExt, stream};
use nokube_domain::BuildId;
use nokube_sim::{Delivery, HoldPoint, SimulatedGitHub};
use nokube_tests::{TestPlatform, User, WEBHOOK_SECRET};
use reqwest::Client;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

const MUTATIONS: usize = 6_000;
const SEED: u64 = 18;
const BUILDS: usize = 40;
/// Webhooks that are sent at the same time.
const AT_ONCE: usize = 8;
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// What the host may need more than before.
const MEMORY_LIMIT: u64 = 256 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_mutated_webhooks_are_answered_and_change_no_other_build() {
    let config = TestPlatform::config();
    let github = SimulatedGitHub::start(config.github.clone()).await.unwrap();
    let mut host = HostProcess::new(settings(&config, &github));
    let url = host.start().await;
    let hook = Hook { client: Client::new(), url: format!("{url}/api/v1/webhooks/github") };
    let (alice, bob) = (User::at(&url, "alice"), User::at(&url, "bob"));

    // The webhooks are those of alice's builds, which the platform has heard nothing of. Bob's is running.
    let project = alice.create_project("myapp").await;
    let mut own = Vec::new();
    for _ in 0..BUILDS {
        own.push(alice.start_build(project).await);
    }
    github.wait_until_idle().await.unwrap();
    let own_ids: Vec<_> = own.iter().map(|path| id_of(path)).collect();
    let payloads = payloads(&github.deliveries(), &own_ids);
    github.hold_runs(HoldPoint::InProgress);
    let others = bob.start_build(bob.create_project("shop").await).await;
    bob.wait_for_status(&others, &["building"]).await;
    let others_id = id_of(&others);
    let (before, memory) = (rows(&host), host.peak_memory());

    let mut rng = Rng::with_seed(SEED);
    let mutations = (0..MUTATIONS).map(|number| {
        // The id of bob's build but for its random part, which nobody can guess.
        let similar = BuildId::new(others_id.project, others_id.number, rng.u64(..));
        (number, Mutation::sample(&mut rng, &payloads, similar))
    });
    let outcomes = stream::iter(mutations.collect::<Vec<_>>())
        .map(|(number, mutation)| hook.send_mutation(number, mutation))
        .buffer_unordered(AT_ONCE);
    let outcomes = outcomes.fold(BTreeMap::new(), |mut all, outcome| async move {
        *all.entry(outcome).or_insert(0_usize) += 1;
        all
    });
    let outcomes = outcomes.await;
    println!("seed {SEED}: {outcomes:?}");
    // Otherwise the mutations would say nothing of builds, or never be wrong.
    assert!(outcomes["stored"] > 100 && outcomes["400"] > 100, "{outcomes:?}");

    let after = rows(&host);
    let is_own = |key: &str| own_ids.iter().any(|id| is_known_of(key, *id));
    // Those of alice's builds that have ended are removed.
    let is_own_item = |key: &str, value: &[u8]| {
        let value = String::from_utf8_lossy(value);
        key.starts_with("work/builds/") && own_ids.iter().any(|id| value.contains(&id.to_string()))
    };
    for (key, value) in
        before.iter().filter(|(key, value)| !is_own(key) && !is_own_item(key, value))
    {
        assert_eq!(after.get(key), Some(value), "{key} has changed");
    }
    let new = after.keys().filter(|key| !before.contains_key(*key));
    let unexpected: Vec<_> =
        new.filter(|key| !is_own(key) && !key.starts_with(['r', 'j'])).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let grown = host.peak_memory() - memory;
    println!("the host needed {} MiB more", grown >> 20);
    assert!(grown < MEMORY_LIMIT);

    // What was stored can be read.
    for path in &own {
        alice.get(path).await.expect(200);
    }
    // Bob's build still takes its own webhooks.
    github.release_all();
    github.wait_until_idle().await.unwrap();
    for delivery in of_build(&github.deliveries(), others_id) {
        let (status, text) = hook.send(&delivery.event, delivery.body.to_vec()).await;
        assert_eq!(status, 200, "{text}");
    }
    let build = bob.wait_for_end(&others).await;
    assert_eq!(build["status"], "success", "{build}");
    assert!(build["image_digest"].is_string(), "{build}");
    host.finish().await;
}

/// Where GitHub sends webhooks to.
struct Hook {
    client: Client,
    url: String,
}

impl Hook {
    /// Sends a webhook like GitHub. Returns the status and the body of the response. (The contract is not checked: it
    /// describes JSON, and the body of an event that is ignored is not even parsed.)
    async fn send(&self, event: &str, body: Vec<u8>) -> (u16, String) {
        let signature = nokube_sim::webhook_signature(WEBHOOK_SECRET, &body).unwrap();
        let request = self.client.post(&self.url).header("content-type", "application/json");
        let request = request.header("x-github-event", event);
        let request = request.header("x-hub-signature-256", signature).body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Returns the outcome, or the status of an error.
    async fn send_mutation(&self, number: usize, mutation: Mutation) -> String {
        let Mutation { event, body, change } = mutation;
        let start = Instant::now();
        let (status, text) = self.send(&event, body).await;
        let about = format!("seed {SEED}, webhook {number}, {event}, {change}: {status} {text}");
        assert!(start.elapsed() < TIME_LIMIT, "after {:?} {about}", start.elapsed());
        let response: Value = serde_json::from_str(&text).expect(&about);
        match status {
            200 => response["outcome"].as_str().expect(&about).to_owned(),
            400 | 413 => {
                assert_eq!(response["status"], status, "{about}");
                status.to_string()
            }
            _ => panic!("{about}"),
        }
    }
}

/// The webhooks of builds, and GitHub's examples.
fn payloads(deliveries: &[Delivery], builds: &[BuildId]) -> Vec<Payload> {
    let of_builds = builds.iter().flat_map(|build| {
        of_build(deliveries, *build).map(|delivery| Payload {
            event: delivery.event.clone(),
            build: Some(*build),
            body: serde_json::from_slice(&delivery.body).unwrap(),
        })
    });
    let of_builds: Vec<_> = of_builds.collect();
    assert!(of_builds.len() >= 4 * builds.len(), "runs, jobs and packages");
    let index =
        nokube_conformance::load_octokit_json("webhooks-examples/api.github.com/index.json");
    let examples = index.as_array().unwrap().iter().map(|event| Payload {
        event: event["name"].as_str().unwrap().to_owned(),
        build: None,
        body: event["examples"][0].clone(),
    });
    of_builds.into_iter().chain(examples).collect()
}

fn of_build(deliveries: &[Delivery], build: BuildId) -> impl Iterator<Item = &Delivery> {
    let id = build.to_string();
    deliveries
        .iter()
        .filter(move |delivery| memchr::memmem::find(&delivery.body, id.as_bytes()).is_some())
}

fn id_of(path: &str) -> BuildId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

fn rows(host: &HostProcess) -> BTreeMap<String, Vec<u8>> {
    let rows = StorageRows::open(&host.storage_file()).all();
    rows.into_iter().map(|(_, key, value)| (key, value)).collect()
}

/// Whether the key is that of what webhooks cause to be known about the build.
fn is_known_of(key: &str, build: BuildId) -> bool {
    let place = format!("/{}/{}", build.project, build.number);
    ["r", "j", "q"].iter().any(|kind| key.strip_prefix(kind) == Some(&place))
}
