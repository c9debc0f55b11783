//! A thousand clients at once.

use crate::host_process::HostProcess;
use futures::future::join_all;
use nokube_tests::{StoreKind, TestPlatform, User, redis::Redis};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use tempfile::TempDir;
use tokio::sync::Mutex;

const CLIENTS: usize = 1_000;
const ROUNDS: usize = 4;

/// The tests of this file run one at a time. Beside each other they would use up the store's time limit.
static TURN: Mutex<()> = Mutex::const_new(());

/// Lets 1,000 people create a project at the same moment, several times. Afterwards every host answers.
async fn a_thousand_create_at_once(store: StoreKind, hosts: usize) {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let mut config = TestPlatform::config();
    let redis = match store {
        StoreKind::Redis => Some(Redis::start(folder.path()).await),
        _ => None,
    };
    config.variables.extend(redis.iter().flat_map(Redis::settings));
    let mut processes = Vec::new();
    let mut urls = Vec::new();
    for _ in 0..hosts {
        let mut process = HostProcess::with_spin(config.variables.clone()).in_memory();
        // As in ops/nokube.service.
        process.args.push("--disable-pooling".into());
        urls.push(process.start().await);
        processes.push(process);
    }
    let mut ids = BTreeSet::new();
    for round in 0..ROUNDS {
        let create = |client: usize| {
            let user = User::at(&urls[client % hosts], &format!("person-{client}"));
            async move {
                let body = json!({ "name": format!("project-{round}") });
                let response = user.post("/api/v1/projects", &body).await;
                response.expect(201)["id"].as_u64().unwrap()
            }
        };
        let created: Vec<u64> =
            tokio::time::timeout(Duration::from_secs(60), join_all((0..CLIENTS).map(create)))
                .await
                .expect("all are answered");
        ids.extend(created);
        assert_eq!(ids.len(), CLIENTS * (round + 1), "each project has a number of its own");
    }
    for url in &urls {
        let list = User::at(url, "person-7").get("/api/v1/projects").await.expect(200);
        assert_eq!(list["projects"].as_array().unwrap().len(), ROUNDS, "{list}");
    }
    for process in processes {
        process.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_create_a_project_at_once_on_sqlite() {
    a_thousand_create_at_once(StoreKind::Sqlite, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_create_a_project_at_once_on_redis() {
    a_thousand_create_at_once(StoreKind::Redis, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_create_a_project_at_once_at_two_hosts_on_redis() {
    a_thousand_create_at_once(StoreKind::Redis, 2).await;
}
