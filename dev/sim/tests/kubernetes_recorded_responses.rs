//! The simulated cluster responds to the product's requests like the real API server, whose responses are
//! recorded in `tests/kube/recorded-responses.json`.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::time::Duration;

use nokube_sim::{ClusterOptions, SimulatedCluster};
use nokube_tests_kube::requests::{self, Client, Server};

#[tokio::test]
async fn the_simulated_cluster_responds_like_the_recorded_real_one() {
    let options = ClusterOptions {
        token: Some("admin".into()),
        step: Duration::from_millis(2),
        // The real cluster that was recorded has no nodes either.
        control_plane_only: true,
        ..ClusterOptions::default()
    };
    let cluster = SimulatedCluster::start(options).await.unwrap();
    let server = Server::Simulated;
    let found = requests::send_all(server, &cluster.url(), "admin", &Client::new()).await.unwrap();
    let expected = requests::recorded_responses(server).unwrap();
    let differences = requests::differences(&expected, &found);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
