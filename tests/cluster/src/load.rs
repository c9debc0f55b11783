//! Steady requests by another process, as `tests/cluster/programs/load` sends them.

use nokube_dev_cluster::Cluster;
use serde_json::Value;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The longest that a load lasts, if nobody stops it.
const MAX_SECONDS: &str = "600";

pub struct Load {
    name: String,
    child: Child,
}

/// What became of the requests.
#[derive(Debug)]
pub struct Figures {
    pub requests: u64,
    pub failed: u64,
    /// All that the program printed.
    pub report: Value,
}

impl Load {
    /// From the machine to the Ingress or Gateway controller.
    pub fn through_entrance(cluster: &Cluster, url: &str, rate: u32) -> Self {
        let command = Command::new(cluster.programs().path("load"));
        let address = format!("{}:443", cluster.entrance_address());
        Self::start(command, url, &["-connect", &address, "-new-connections"], rate)
    }

    /// From a pod with this address, which reaches the addresses of Services.
    pub fn from_pod(cluster: &Cluster, pod: &str, url: &str, rate: u32) -> Self {
        let command = cluster.command_in_pod(pod, &cluster.programs().path("load"));
        Self::start(command, url, &["-new-connections"], rate)
    }

    fn start(mut command: Command, url: &str, args: &[&str], rate: u32) -> Self {
        command
            .args(["-url", url, "-rate", &rate.to_string(), "-seconds", MAX_SECONDS])
            .args(args)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        Self { name: url.into(), child: command.spawn().unwrap() }
    }

    /// Stops and prints the figures.
    pub async fn stop(self) -> Figures {
        let pid = self.child.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        let output = self.child.wait_with_output().await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let number = |name: &str| report[name].as_u64().unwrap();
        let figures = Figures {
            requests: number("requests"),
            failed: number("failed"),
            report: report.clone(),
        };
        println!("{}: {} requests, {} failed", self.name, figures.requests, figures.failed);
        figures
    }

    /// Stops, and asserts that no request failed.
    pub async fn expect_no_failure(self) -> Figures {
        let figures = self.stop().await;
        assert!(figures.requests > 100, "{figures:#?}");
        assert_eq!(figures.failed, 0, "{figures:#?}");
        figures
    }
}
