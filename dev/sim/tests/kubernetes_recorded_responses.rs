//! The simulated cluster responds like the real API server, whose responses are recorded in
//! `tests/kube/recorded-responses.json`, except for the differences in `tests/kube/known-differences.yaml`.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::collections::BTreeMap;
use std::time::Duration;

use nokube_sim::{ClusterOptions, SimulatedCluster};
use nokube_tests_kube::requests::{self, Client, Tokens};

#[tokio::test]
async fn the_simulated_cluster_responds_like_the_recorded_real_one() {
    let known = include_str!("../../../tests/kube/known-differences.yaml");
    let mut known: BTreeMap<String, String> = serde_yaml_ng::from_str(known).unwrap();
    let outsider = "system:serviceaccount:default:outsider".to_owned();
    let options = ClusterOptions {
        token: Some("admin".into()),
        rbac_users: [("outsider".to_owned(), outsider)].into(),
        step: Duration::from_millis(2),
        // The real cluster that was recorded has no nodes either.
        control_plane_only: true,
        ..ClusterOptions::default()
    };
    let cluster = SimulatedCluster::start(options).await.unwrap();
    let tokens = Tokens { admin: "admin".into(), outsider: "outsider".into() };
    let found = requests::send_all(&cluster.url(), &tokens, &Client::new()).await.unwrap();
    let mut differences = requests::differences(&requests::recorded_responses().unwrap(), &found);
    differences.retain(|difference| {
        let step = difference.lines().next().unwrap_or_default();
        known.remove(step).is_none()
    });
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    assert!(known.is_empty(), "these no longer differ: {:?}", known.keys());
}
