//! A node: containerd, the kubelet, kube-proxy and kube-router, with their files.

use crate::{
    certificates::Authority,
    programs::Programs,
    sandbox::{Network, Sandbox, retry},
};
use anyhow::Result;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

pub const PAUSE_IMAGE: &str = "registry.k8s.io/pause:3.10";

const PROCESSES: [&str; 4] = ["kubelet", "containerd", "kube-proxy", "kube-router"];

pub struct Node {
    pub number: u8,
    folder: PathBuf,
}

impl Node {
    pub fn new(root: &Path, number: u8) -> Self {
        Self { number, folder: root.join(format!("node{number}")) }
    }

    /// Writes the node's files. Nothing is started.
    pub fn prepare(&self, root: &Path, authority: &Authority, programs: &Programs) -> Result<()> {
        fs::create_dir_all(self.folder.join("cni"))?;
        fs::create_dir_all(self.folder.join("kubelet"))?;
        let address = self.address();
        authority.server(&[&self.name(), &address])?.write(&self.folder, "kubelet")?;
        fs::write(self.folder.join("containerd.toml"), self.containerd_config(root, programs))?;
        fs::write(self.folder.join("kubelet.yaml"), self.kubelet_config(root))?;
        fs::write(self.folder.join("proxy.yaml"), self.proxy_config(root))?;
        fs::write(self.folder.join("cni/10-pods.conflist"), self.cni_config())?;
        fs::write(self.folder.join("resolv.conf"), "")?;
        Ok(())
    }

    pub fn name(&self) -> String {
        format!("node{}", self.number)
    }

    /// Its address on the cluster's bridge.
    pub fn address(&self) -> String {
        format!("10.240.0.1{}", self.number)
    }

    pub fn network(&self) -> Network {
        Network::Node(self.number)
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub fn socket(&self) -> String {
        self.file("containerd.sock")
    }

    /// Starts containerd and waits until it answers.
    pub async fn start_containerd(&self, sandbox: &Sandbox, programs: &Programs) -> Result<()> {
        let name = self.process("containerd");
        let args = ["--config".into(), self.file("containerd.toml")];
        let program = programs.path("containerd");
        sandbox.start(&name, self.network(), &program, &args)?;
        retry("containerd does not answer", Duration::from_secs(30), || async {
            self.ctr(sandbox, programs, &["version"]).await
        })
        .await?;
        Ok(())
    }

    /// Runs containerd's client, in the namespace of Kubernetes' images and containers.
    pub async fn ctr(
        &self,
        sandbox: &Sandbox,
        programs: &Programs,
        args: &[&str],
    ) -> Result<String> {
        let socket = self.socket();
        let all = [&["--address", &socket, "--namespace", "k8s.io"], args].concat();
        sandbox.run(self.network(), programs.path("ctr"), &all).await
    }

    pub async fn import_image(
        &self,
        sandbox: &Sandbox,
        programs: &Programs,
        archive: &Path,
    ) -> Result<()> {
        let archive = archive.display().to_string();
        self.ctr(sandbox, programs, &["images", "import", &archive]).await?;
        Ok(())
    }

    pub fn start_kubelet(&self, sandbox: &Sandbox, programs: &Programs) -> Result<()> {
        let name = self.name();
        let args = [
            format!("--config={}", self.file("kubelet.yaml")),
            format!("--kubeconfig={}", sandbox.root().join(format!("{name}.kubeconfig")).display()),
            format!("--root-dir={}", self.file("kubelet")),
            format!("--cert-dir={}", self.file("kubelet/pki")),
            format!("--hostname-override={name}"),
            format!("--node-ip={}", self.address()),
        ];
        let program = programs.path("kubelet");
        sandbox.start(&self.process("kubelet"), self.network(), &program, &args)?;
        Ok(())
    }

    /// For Services.
    pub fn start_proxy(&self, sandbox: &Sandbox, programs: &Programs) -> Result<()> {
        let args = [format!("--config={}", self.file("proxy.yaml"))];
        let program = programs.path("kube-proxy");
        sandbox.start(&self.process("kube-proxy"), self.network(), &program, &args)?;
        Ok(())
    }

    /// For network policies. The node must be registered.
    pub fn start_router(&self, sandbox: &Sandbox, programs: &Programs) -> Result<()> {
        let name = self.name();
        let args = [
            format!("--kubeconfig={}", sandbox.root().join("admin.kubeconfig").display()),
            format!("--hostname-override={name}"),
            "--run-router=false".into(),
            "--run-service-proxy=false".into(),
            "--run-firewall=true".into(),
            "--service-cluster-ip-range=10.96.0.0/16".into(),
            "--health-port=0".into(),
        ];
        let program = programs.path("kube-router");
        sandbox.start(&self.process("kube-router"), self.network(), &program, &args)?;
        Ok(())
    }

    /// Kills the kubelet; its containers go on.
    pub async fn kill_kubelet(&self, sandbox: &Sandbox) -> Result<()> {
        sandbox.kill(&self.process("kubelet")).await
    }

    /// As if the node lost its power: nothing is shut down in order, and its address is silent.
    pub async fn power_off(&self, sandbox: &Sandbox) -> Result<()> {
        self.set_link(sandbox, "down").await?;
        for program in PROCESSES {
            sandbox.kill(&self.process(program)).await?;
        }
        let group = format!("/sys/fs/cgroup/pids/nokube-cluster/{}", self.name());
        let script = "find \"$1\" -name cgroup.procs -exec cat {} + | xargs -r kill -9; true";
        sandbox.run(self.network(), "sh", &["-c", script, "sh", &group]).await?;
        Ok(())
    }

    pub async fn power_on(&self, sandbox: &Sandbox, programs: &Programs) -> Result<()> {
        self.set_link(sandbox, "up").await?;
        self.start_containerd(sandbox, programs).await?;
        self.start_kubelet(sandbox, programs)?;
        self.start_proxy(sandbox, programs)?;
        self.start_router(sandbox, programs)
    }

    async fn set_link(&self, sandbox: &Sandbox, state: &str) -> Result<()> {
        let args = ["link", "set", &self.name(), state];
        sandbox.run(Network::ControlPlane, "ip", &args).await?;
        Ok(())
    }

    fn process(&self, program: &str) -> String {
        format!("{program}-{}", self.name())
    }

    /// The last lines of its processes' logs, for errors.
    pub fn log_tails(&self, sandbox: &Sandbox) -> String {
        PROCESSES.map(|program| sandbox.log_tail(&self.process(program))).join("\n")
    }

    fn containerd_config(&self, root: &Path, programs: &Programs) -> String {
        let shim = programs.path("containerd-shim-runc-v2");
        let (root, shim) = (root.display(), shim.display());
        let folder = self.folder.display();
        format!(
            r#"version = 3
root = "{folder}/containerd"
state = "{folder}/containerd-state"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs"]
[grpc]
  address = "{folder}/containerd.sock"
[ttrpc]
  address = "{folder}/containerd.sock.ttrpc"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{PAUSE_IMAGE}"
  [plugins."io.containerd.cri.v1.images".registry]
    config_path = "{root}/registries"
[plugins."io.containerd.cri.v1.runtime"]
  # Root in a virtual machine or container may lack CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      runtime_path = "{shim}"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "/usr/sbin/runc"
"#
        )
    }

    fn kubelet_config(&self, root: &Path) -> String {
        let root = root.display();
        let folder = self.folder.display();
        let (name, number) = (self.name(), self.number);
        format!(
            "apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /nokube-cluster/{name}
cgroupsPerQOS: true
enforceNodeAllocatable: [pods]
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {root}/ca.pem}}
authorization: {{mode: Webhook}}
tlsCertFile: {folder}/kubelet.pem
tlsPrivateKeyFile: {folder}/kubelet.key
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://{folder}/containerd.sock
resolvConf: {folder}/resolv.conf
podCIDR: 10.244.{number}.0/24
healthzBindAddress: 127.0.0.1
volumePluginDir: {folder}/volume-plugins
podLogsDir: {folder}/pod-logs
nodeStatusUpdateFrequency: 5s
imageGCHighThresholdPercent: 100
evictionHard: {{memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}}
"
        )
    }

    fn proxy_config(&self, root: &Path) -> String {
        format!(
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {{kubeconfig: {}/proxy.kubeconfig}}
mode: iptables
clusterCIDR: 10.244.0.0/16
hostnameOverride: {}
# The limit of tracked connections is the machine's.
conntrack: {{maxPerCore: 0}}
",
            root.display(),
            self.name()
        )
    }

    fn cni_config(&self) -> String {
        format!(
            r#"{{"cniVersion":"1.0.0","name":"pods","plugins":[
 {{"type":"bridge","bridge":"pods","isGateway":true,"ipMasq":false,"hairpinMode":true,"ipam":{{"type":"host-local","dataDir":"{}/addresses","ranges":[[{{"subnet":"10.244.{}.0/24"}}]],"routes":[{{"dst":"0.0.0.0/0"}}]}}}},
 {{"type":"portmap","capabilities":{{"portMappings":true}}}}]}}"#,
            self.folder.display(),
            self.number
        )
    }
}
