//! The platform on Kubernetes, as docs/spinkube.md installs it: two pods and their store, which are killed.

use anyhow::{Context, Result, bail, ensure};
use nokube_dev_cluster::{Client, Cluster};
use nokube_sim::{GitHubOptions, SimulatedGitHub};
use nokube_tests::{BUILDER_REPOSITORY, GITHUB_TOKEN, User};
use nokube_tests_cluster::{
    APP, Turn, cluster,
    spinkube::{HOST, Settings, as_operator, push_images, render},
    text,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{task::JoinHandle, time::sleep};

const TIMEOUT: Duration = Duration::from_secs(240);
const PLATFORM: &str = "app.kubernetes.io/component%3Dplatform";
const STORE: &str = "app.kubernetes.io/component%3Dstore";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_survives_the_end_of_a_pod_and_of_its_store() -> Result<()> {
    let _turn = Turn::alone().await;
    let cluster = cluster().await;
    let installation = Installation::start(cluster).await?;
    let alice = &installation.alice;

    // The story: a build, a deployment, a program that answers.
    let project = alice.create_project("shop").await;
    let build = alice.start_build(project).await;
    assert_eq!(alice.wait_for_end(&build).await["status"], "success");
    let image = format!("{APP}:v1");
    let mut request = alice.deployment_request(project, "web", &image).await;
    request["readiness_check_path"] = json!("/ready");
    request["readiness_initial_delay"] = json!(0);
    request["cpu_request"] = json!("20m");
    alice.get("/ready").await.expect(200);
    let path = alice.deploy(&request).await;
    let url = text(&installation.wait_until_running(&path).await?, "/access_url").to_owned();
    let answer = installation.browse(&url).await?;
    assert_eq!(answer["version"], "v1");
    installation.print_memory().await?;

    // A pod is killed.
    let watch = Watch::start(alice, &format!("/api/v1/projects/{project}"));
    sleep(Duration::from_secs(3)).await;
    let killed = installation.kill_a_pod(PLATFORM).await?;
    installation.wait_for_pods(PLATFORM, 2, &[&killed]).await?;
    watch.stop("a pod is killed", Duration::from_secs(15)).await;

    // The store is killed. It has written every answer to its volume.
    let before = installation.restarts(PLATFORM).await?;
    let watch = Watch::start(alice, &format!("/api/v1/projects/{project}"));
    sleep(Duration::from_secs(3)).await;
    let killed = installation.kill_a_pod(STORE).await?;
    installation.wait_for_pods(STORE, 1, &[&killed]).await?;
    sleep(Duration::from_secs(3)).await;
    watch.stop("the store is killed", Duration::from_secs(30)).await;

    // The store hangs: it accepts connections, and says nothing. Its own probe has it restarted, and nothing else.
    let watch = Watch::start(alice, &format!("/api/v1/projects/{project}"));
    sleep(Duration::from_secs(3)).await;
    installation.stop_the_store()?;
    installation.wait_for_restart(STORE).await?;
    installation.wait_for_pods(STORE, 1, &[]).await?;
    sleep(Duration::from_secs(3)).await;
    watch.stop("the store hangs", Duration::from_secs(150)).await;
    assert_eq!(installation.restarts(PLATFORM).await?, before, "no pod of the platform restarts");

    let same = alice.get(&path).await.expect(200);
    assert_eq!((&same["status"], &same["revision"]), (&json!("running"), &json!(1)));
    installation.wait_for_reconcile().await?;
    installation.remove(project, &path).await
}

struct Installation {
    cluster: &'static Cluster,
    admin: Client,
    alice: User,
    objects: Vec<Value>,
    _github: SimulatedGitHub,
}

impl Installation {
    async fn start(cluster: &'static Cluster) -> Result<Self> {
        let admin = cluster.admin()?;
        // The NetworkPolicy allows the port of HTTPS.
        let listen: SocketAddr = format!("{}:443", cluster.machine_address()).parse()?;
        let github = SimulatedGitHub::start(GitHubOptions {
            listen,
            builder_repository: BUILDER_REPOSITORY.into(),
            token: Some(GITHUB_TOKEN.into()),
            step: Duration::from_millis(10),
            ..GitHubOptions::default()
        })
        .await?;
        let_pods_reach_the_machine(cluster).await?;
        let images = push_images(cluster).await?;
        let settings = Settings { github_url: github.url() };
        let objects = as_operator(render(cluster, &settings)?, &images);
        let started_at = Instant::now();
        for object in &objects {
            admin.apply(object).await?.ok().with_context(|| object.to_string())?;
        }
        let client = client(cluster, HOST, 80)?;
        let alice = User::with_client(client, &format!("http://{HOST}"), "alice");
        let installation = Self { cluster, admin, alice, objects, _github: github };
        installation.wait_for_pods(STORE, 1, &[]).await?;
        installation.wait_for_pods(PLATFORM, 2, &[]).await?;
        println!("two pods and the store are ready after {} s", started_at.elapsed().as_secs());
        installation.wait_until_routed().await?;
        Ok(installation)
    }

    async fn pods(&self, label: &str) -> Result<Vec<Value>> {
        self.admin.list(&format!("/api/v1/namespaces/nokube/pods?labelSelector={label}")).await
    }

    /// Waits until so many pods are ready that are not among `without`.
    async fn wait_for_pods(&self, label: &str, count: usize, without: &[&str]) -> Result<()> {
        let started_at = Instant::now();
        loop {
            let pods = self.pods(label).await?;
            let is_ready = |pod: &&Value| {
                pod["status"]["containerStatuses"][0]["ready"] == true
                    && pod["metadata"]["deletionTimestamp"].is_null()
                    && !without.contains(&text(pod, "/metadata/uid"))
            };
            if pods.iter().filter(is_ready).count() == count {
                return Ok(());
            }
            let states = || pods.iter().map(|pod| &pod["status"]).collect::<Vec<_>>();
            ensure!(started_at.elapsed() < TIMEOUT, "{label}: {:#?}", states());
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn wait_until_routed(&self) -> Result<()> {
        let started_at = Instant::now();
        let mut last = None;
        while started_at.elapsed() < TIMEOUT {
            match self.alice.request(reqwest::Method::GET, "/live").send().await {
                Ok(response) if response.status() == 200 => return Ok(()),
                other => last = Some(other),
            }
            sleep(Duration::from_millis(200)).await;
        }
        bail!("the platform cannot be reached: {last:?}")
    }

    async fn wait_until_running(&self, path: &str) -> Result<Value> {
        let started_at = Instant::now();
        loop {
            let deployment = self.alice.get(path).await.expect(200);
            if deployment["status"] == "running" {
                return Ok(deployment);
            }
            ensure!(started_at.elapsed() < TIMEOUT, "{deployment:#}");
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// Opens a service's public address until it answers.
    async fn browse(&self, url: &str) -> Result<Value> {
        let parsed: reqwest::Url = url.parse()?;
        let port = parsed.port_or_known_default().context("no port")?;
        let client = client(self.cluster, parsed.host_str().context("no host")?, port)?;
        let started_at = Instant::now();
        loop {
            match client.get(url).send().await {
                Ok(response) if response.status() == 200 => return Ok(response.json().await?),
                other => ensure!(started_at.elapsed() < TIMEOUT, "{url}: {other:?}"),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Returns the uid of the pod that is gone without a farewell.
    async fn kill_a_pod(&self, label: &str) -> Result<String> {
        let pod = self.pods(label).await?.remove(0);
        let path = format!("/api/v1/namespaces/nokube/pods/{}", text(&pod, "/metadata/name"));
        self.admin.delete(&path, &json!({ "gracePeriodSeconds": 0 })).await?.ok()?;
        Ok(text(&pod, "/metadata/uid").to_owned())
    }

    /// Stops the store's process, as a disk does that no longer answers.
    fn stop_the_store(&self) -> Result<()> {
        for process in std::fs::read_dir("/proc")?.flatten() {
            let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            if command.starts_with(b"valkey-server") {
                let pid = process.file_name().to_string_lossy().into_owned();
                let status = std::process::Command::new("kill").args(["-STOP", &pid]).status()?;
                ensure!(status.success(), "kill -STOP {pid}");
                return Ok(());
            }
        }
        bail!("the store does not run")
    }

    async fn restarts(&self, label: &str) -> Result<u64> {
        let pods = self.pods(label).await?;
        let restarts = |pod: &Value| pod["status"]["containerStatuses"][0]["restartCount"].as_u64();
        Ok(pods.iter().filter_map(restarts).sum())
    }

    async fn wait_for_restart(&self, label: &str) -> Result<()> {
        let (started_at, before) = (Instant::now(), self.restarts(label).await?);
        while self.restarts(label).await? == before {
            ensure!(started_at.elapsed() < TIMEOUT, "{label} is not restarted");
            sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Waits until a Job of the CronJob has succeeded.
    async fn wait_for_reconcile(&self) -> Result<()> {
        let started_at = Instant::now();
        loop {
            let jobs = self.admin.list("/apis/batch/v1/namespaces/nokube/jobs").await?;
            if jobs.iter().any(|job| job["status"]["succeeded"] == 1) {
                return Ok(());
            }
            ensure!(started_at.elapsed() < TIMEOUT, "{jobs:#?}");
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn print_memory(&self) -> Result<()> {
        let path = "/apis/metrics.k8s.io/v1beta1/namespaces/nokube/pods";
        let started_at = Instant::now();
        loop {
            let pods = self.admin.list(path).await?;
            if pods.len() >= 3 {
                for pod in pods {
                    let memory = text(&pod, "/containers/0/usage/memory").to_owned();
                    println!("{}: {memory}", text(&pod, "/metadata/name"));
                }
                return Ok(());
            }
            ensure!(started_at.elapsed() < TIMEOUT, "{pods:#?}");
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Deletes the service, and everything that was applied except for what the namespace has by itself.
    async fn remove(self, project: u64, path: &str) -> Result<()> {
        self.alice.delete(path).await.expect(204);
        self.alice.delete(&format!("/api/v1/projects/{project}")).await.expect(204);
        for object in &self.objects {
            if object["kind"] != "ServiceAccount" {
                let options = json!({ "propagationPolicy": "Background" });
                self.admin.delete(&self.admin.path_of(object).await?, &options).await?;
            }
        }
        let claim = "/api/v1/namespaces/nokube/persistentvolumeclaims/data-nokube-valkey-0";
        self.admin.delete(claim, &json!({})).await?;
        Ok(())
    }
}

/// The machine has no route to pods, so what they send to it gets the address of their node.
async fn let_pods_reach_the_machine(cluster: &Cluster) -> Result<()> {
    let rule = ["-t", "nat", "-A", "POSTROUTING", "-s", "10.244.0.0/16", "-j", "MASQUERADE", "-d"];
    for node in [1, 2] {
        let mut iptables = cluster.command_on_node(node, "iptables".as_ref());
        let status = iptables.args(rule).arg(cluster.machine_address()).status().await?;
        ensure!(status.success(), "iptables on node {node}");
    }
    Ok(())
}

/// A client of a host behind the Gateway.
fn client(cluster: &Cluster, host: &str, port: u16) -> Result<reqwest::Client> {
    let address = SocketAddr::new(cluster.entrance_address().parse()?, port);
    let client = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(cluster.ca_pem().as_bytes())?)
        .resolve(host, address)
        .no_proxy()
        .timeout(Duration::from_secs(15));
    Ok(client.build()?)
}

/// Reads something again and again, ten times a second.
struct Watch {
    is_over: Arc<AtomicBool>,
    reads: JoinHandle<Vec<(Duration, bool)>>,
}

impl Watch {
    fn start(user: &User, path: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (user, path, over) = (user.clone(), path.to_owned(), is_over.clone());
        let reads = tokio::spawn(async move {
            let started_at = Instant::now();
            let mut reads = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let response = user.request(reqwest::Method::GET, &path).send().await;
                let is_good = response.is_ok_and(|response| response.status() == 200);
                reads.push((started_at.elapsed(), is_good));
                sleep(Duration::from_millis(100)).await;
            }
            reads
        });
        Self { is_over, reads }
    }

    /// Prints the figures, and asserts that it was read again after at most `max`.
    async fn stop(self, what: &str, max: Duration) {
        self.is_over.store(true, Ordering::Relaxed);
        let reads = self.reads.await.unwrap();
        let failed: Vec<_> =
            reads.iter().filter(|(_, is_good)| !is_good).map(|(at, _)| *at).collect();
        let outage = match (failed.first(), failed.last()) {
            (Some(first), Some(last)) => *last - *first,
            _ => Duration::ZERO,
        };
        println!(
            "{what}: {} of {} reads failed, within {:.1} s",
            failed.len(),
            reads.len(),
            outage.as_secs_f64()
        );
        assert!(outage < max, "{outage:?}");
        assert!(reads.last().is_some_and(|(_, is_good)| *is_good), "the last read fails");
    }
}
