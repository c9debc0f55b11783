//! The simulated cluster answers as the real API server did when `tests/kube/answers.json` was
//! recorded, but for what stands in `tests/kube/known-differences.yaml`.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::collections::BTreeMap;
use std::time::Duration;

use nokube_sim::{Cluster, ClusterOptions};
use nokube_tests_kube::requests::{self, Client, People};

#[tokio::test]
async fn the_simulated_cluster_answers_as_the_real_one() {
    let known = include_str!("../../../tests/kube/known-differences.yaml");
    let mut known: BTreeMap<String, String> = serde_yaml_ng::from_str(known).unwrap();
    let outsider = "system:serviceaccount:default:outsider".to_owned();
    let options = ClusterOptions {
        token: Some("admin".into()),
        accounts: [("outsider".to_owned(), outsider)].into(),
        step: Duration::from_millis(2),
        // As the recorded one, which has no nodes.
        bare: true,
        ..ClusterOptions::default()
    };
    let cluster = Cluster::start(options).await.unwrap();
    let people = People { admin: "admin".into(), outsider: "outsider".into() };
    let found = requests::run(&cluster.url(), &people, &Client::new()).await.unwrap();
    let mut differences = requests::differences(&requests::recorded().unwrap(), &found);
    differences.retain(|difference| {
        let step = difference.lines().next().unwrap_or_default();
        known.remove(step).is_none()
    });
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(known.is_empty(), "these no longer differ: {:?}", known.keys());
}
