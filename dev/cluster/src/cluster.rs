//! Starting a cluster, and what one can do with it.

use crate::{
    addons,
    certificates::Authority,
    client::Client,
    control_plane::{self, ADDRESS, API_URL, MACHINE_ADDRESS},
    http,
    images::Registry,
    node::Node,
    programs::Programs,
    provisioner,
    registries::{self, RegistryKind},
    sandbox::{Network, Process, Sandbox, retry},
    service_account, token_registry,
};
use anyhow::{Context, Result, bail};
use futures::future::{try_join, try_join_all};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// The port of the registry with bearer tokens, on the machine's address.
const TOKEN_PORT: u16 = 5002;
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// Finds the network namespace of the pod with an address, and runs a command in it.
const IN_POD_SCRIPT: &str = r#"
address=$1; shift
for file in /run/netns/cni-*; do
  if ip -n "${file##*/}" -4 addr 2>/dev/null | grep -q "inet $address/"; then exec nsenter --net="$file" "$@"; fi
done
echo "no pod has the address $address" >&2; exit 1
"#;

pub struct Options {
    /// Ingresses and the Gateway have a certificate for this domain and its subdomains.
    pub apps_domain: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { apps_domain: "apps.example.org".into() }
    }
}

/// A running cluster. It stops when it is dropped, and at the latest with the process.
pub struct Cluster {
    sandbox: Sandbox,
    programs: Programs,
    ca_pem: String,
    identity: String,
    nodes: [Node; 2],
}

impl Cluster {
    /// Starts a cluster and waits until it is ready. If another one runs on this machine, waits for it first.
    pub async fn start(options: &Options) -> Result<Self> {
        let programs = Programs::find()?;
        let sandbox = Sandbox::create().await?;
        let authority = Authority::new()?;
        control_plane::write_credentials(sandbox.root(), &authority)?;
        let cluster = Self::in_sandbox(sandbox, programs)?;
        for node in &cluster.nodes {
            node.prepare(cluster.folder(), &authority, &cluster.programs)?;
        }
        for (host, url) in [
            ("registry.example.org", RegistryKind::Open.registry().url),
            ("private.example.org", RegistryKind::Login.registry().url),
            ("ghcr.io", cluster.token_registry_url()),
        ] {
            cluster.add_registry(host, &url)?;
        }
        try_join(cluster.start_control_plane(), cluster.start_container_runtimes()).await?;
        cluster.start_background_tasks()?;
        let admin = cluster.admin()?;
        let nodes = async {
            for node in &cluster.nodes {
                node.start_kubelet(&cluster.sandbox, &cluster.programs)?;
                node.start_proxy(&cluster.sandbox, &cluster.programs)?;
            }
            cluster.wait_for_nodes(&admin).await?;
            for node in &cluster.nodes {
                node.start_router(&cluster.sandbox, &cluster.programs)?;
            }
            anyhow::Ok(())
        };
        let addons = addons::apply(&admin, &cluster.programs, &authority, &options.apps_domain);
        try_join(nodes, addons).await?;
        addons::wait_until_ready(&admin).await?;
        Ok(cluster)
    }

    /// The cluster that another process on this machine holds: `make cluster`.
    pub fn attach() -> Result<Self> {
        Self::in_sandbox(Sandbox::attach()?, Programs::find()?)
    }

    fn in_sandbox(sandbox: Sandbox, programs: Programs) -> Result<Self> {
        let root = sandbox.root();
        let read = |file| fs::read_to_string(root.join(file));
        Ok(Self {
            ca_pem: read("ca.pem")?,
            identity: format!("{}{}", read("admin.pem")?, read("admin.key")?),
            nodes: [Node::new(root, 1), Node::new(root, 2)],
            sandbox,
            programs,
        })
    }

    async fn start_control_plane(&self) -> Result<()> {
        for kind in [RegistryKind::Open, RegistryKind::Login] {
            self.start_registry(kind).await?;
        }
        let root = self.sandbox.root();
        self.start_process("etcd", &control_plane::etcd_args(root))?;
        self.start_apiserver().await?;
        let args = control_plane::controllers_args(root);
        self.start_process("kube-controller-manager", &args)?;
        self.start_process("kube-scheduler", &control_plane::scheduler_args(root))?;
        Ok(())
    }

    fn start_process(&self, name: &'static str, args: &[String]) -> Result<Process> {
        let program = match name {
            "registry-open" | "registry-login" => PathBuf::from("docker-registry"),
            _ => self.programs.path(name),
        };
        self.sandbox.start(name, Network::ControlPlane, &program, args)
    }

    async fn start_container_runtimes(&self) -> Result<()> {
        let folder = self.sandbox.root().join("images");
        fs::create_dir(&folder)?;
        let programs = self.programs.clone();
        let images = tokio::task::spawn_blocking(move || addons::write_images(&programs, &folder));
        let start = try_join_all(
            self.nodes
                .iter()
                .map(async |node| node.start_containerd(&self.sandbox, &self.programs).await),
        );
        let (images, _) = tokio::join!(images, start);
        let images = images??;
        try_join_all(self.nodes.iter().map(async |node| {
            for image in &images {
                node.import_image(&self.sandbox, &self.programs, image).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        Ok(())
    }

    /// In a thread of their own, because a test's async runtime ends with the test.
    fn start_background_tasks(&self) -> Result<()> {
        let client = self.admin()?;
        let volumes = self.sandbox.root().join("volumes");
        let router =
            token_registry::router(&self.token_registry_url(), &RegistryKind::Open.registry().url)?;
        let listener = std::net::TcpListener::bind((MACHINE_ADDRESS, TOKEN_PORT))?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let serve = std::future::IntoFuture::into_future(axum::serve(listener, router));
                let _ = tokio::join!(provisioner::run(client, &volumes), serve);
            });
        });
        Ok(())
    }

    async fn wait_for_nodes(&self, admin: &Client) -> Result<()> {
        for node in &self.nodes {
            retry("the node is not ready", READY_TIMEOUT, || async {
                let object = admin.get(&format!("/api/v1/nodes/{}", node.name())).await?.ok()?;
                match crate::client::condition_status(&object, "Ready") {
                    Some("True") => Ok(()),
                    _ => bail!("{}", node.log_tails(&self.sandbox)),
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Stops everything. Returns when nothing is left.
    pub async fn stop(self) -> Result<()> {
        self.sandbox.remove().await
    }

    /// The folder with logs (`logs/NAME.log`) and all other state, while the cluster runs.
    pub fn folder(&self) -> &Path {
        self.sandbox.root()
    }

    /// An administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.sandbox.root().join("admin.kubeconfig")
    }

    pub fn url(&self) -> &'static str {
        API_URL
    }

    /// The certificate authority of the API server, and of the certificate for the apps' domain.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn ca_file(&self) -> PathBuf {
        self.sandbox.root().join("ca.pem")
    }

    /// A client with an administrator's certificate. Each test needs its own, because connections end with
    /// the test's async runtime.
    pub fn admin(&self) -> Result<Client> {
        Ok(Client::new(http::client(&self.ca_pem, Some(&self.identity))?, API_URL))
    }

    /// A client with a bearer token only.
    pub fn client_with_token(&self, token: &str) -> Result<Client> {
        Ok(Client::new(http::client(&self.ca_pem, None)?, API_URL).with_token(token))
    }

    pub async fn service_account_token(&self, namespace: &str, name: &str) -> Result<String> {
        service_account::create_token(&self.admin()?, namespace, name).await
    }

    /// Where the Ingress and Gateway controller listens on ports 80 and 443. The machine reaches it.
    pub fn entrance_address(&self) -> &'static str {
        "10.240.0.11"
    }

    /// The machine's address for nodes.
    pub fn machine_address(&self) -> &'static str {
        MACHINE_ADDRESS
    }

    /// The control plane's address for nodes and for the machine.
    pub fn control_plane_address(&self) -> &'static str {
        ADDRESS
    }

    /// A command in the network of a node, which reaches pods and Services. It is the process itself, so it
    /// receives the signals that are sent to it, and does not end with the cluster.
    pub fn command_on_node(&self, number: u8, program: &Path) -> Command {
        self.sandbox.outer_command(Network::Node(number), program).into()
    }

    /// As [`Self::command_on_node`], in the network of a pod, to which network policies apply.
    pub fn command_in_pod(&self, address: &str, program: &Path) -> Command {
        let mut command = self.sandbox.outer_command(Network::ControlPlane, Path::new("sh"));
        command.args(["-c", IN_POD_SCRIPT, "sh", address]).arg(program);
        command.into()
    }

    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    // Registries.

    /// Lets the nodes pull images of the registry `host` from `url`.
    pub fn add_registry(&self, host: &str, url: &str) -> Result<()> {
        registries::write_host(self.sandbox.root(), host, url)
    }

    /// To push to: images are `registry.example.org/…` for nodes, and `ghcr.io/…` with a token.
    pub fn registry(&self) -> Registry {
        RegistryKind::Open.registry()
    }

    /// To push to: images are `private.example.org/…` for nodes, with user and password.
    pub fn private_registry(&self) -> Registry {
        RegistryKind::Login.registry()
    }

    /// The images of [`Self::registry`], for clients with a bearer token like those of ghcr.io.
    pub fn token_registry_url(&self) -> String {
        format!("http://{MACHINE_ADDRESS}:{TOKEN_PORT}")
    }

    pub async fn stop_registry(&self, kind: RegistryKind) -> Result<()> {
        self.sandbox.kill(kind.name()).await
    }

    /// Starts a registry with the images that it had, and waits until it answers.
    pub async fn start_registry(&self, kind: RegistryKind) -> Result<()> {
        let args = kind.write_config(self.sandbox.root())?;
        self.start_process(kind.name(), &args)?;
        let url = kind.registry().url;
        retry("the registry does not answer", READY_TIMEOUT, || async {
            Ok(reqwest::get(format!("{url}/v2/")).await?)
        })
        .await?;
        Ok(())
    }

    // Failures.

    pub async fn kill_apiserver(&self) -> Result<()> {
        self.sandbox.kill("kube-apiserver").await
    }

    /// Starts the API server and waits until it is ready.
    pub async fn start_apiserver(&self) -> Result<()> {
        let args = control_plane::apiserver_args(self.sandbox.root());
        let process = self.start_process("kube-apiserver", &args)?;
        let admin = self.admin()?;
        retry("the API server is not ready", READY_TIMEOUT, || async {
            if let Some(status) = process.exit_status() {
                bail!("it ended ({status}): {}", self.sandbox.log_tail("kube-apiserver"));
            }
            admin.get("/readyz").await?.ok()
        })
        .await?;
        Ok(())
    }

    fn node(&self, number: u8) -> Result<&Node> {
        let index = usize::from(number).checked_sub(1);
        let node = index.and_then(|index| self.nodes.get(index));
        node.with_context(|| format!("no node {number}"))
    }

    /// Kills the kubelet of node 1 or 2. Its containers go on.
    pub async fn kill_kubelet(&self, number: u8) -> Result<()> {
        self.node(number)?.kill_kubelet(&self.sandbox).await
    }

    pub async fn start_kubelet(&self, number: u8) -> Result<()> {
        self.node(number)?.start_kubelet(&self.sandbox, &self.programs)
    }

    /// As if the node lost its power: nothing is shut down in order, and its address is silent.
    pub async fn power_off(&self, number: u8) -> Result<()> {
        self.node(number)?.power_off(&self.sandbox).await
    }

    pub async fn power_on(&self, number: u8) -> Result<()> {
        self.node(number)?.power_on(&self.sandbox, &self.programs).await?;
        self.wait_for_nodes(&self.admin()?).await
    }
}
