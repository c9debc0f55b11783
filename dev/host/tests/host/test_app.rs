//! [`TestApp`]: an application with the test component (`guests/test`) in a temporary folder, and a client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use local_host::{App, Console, Options, Running};
use tempfile::TempDir;

/// The test component as `guest`, at every path.
pub const GUEST_COMPONENT: &str = r#"
[[trigger.http]]
route = "/..."
component = "guest"

[component.guest]
source = "GUEST_PATH"
key_value_stores = ["default"]
"#;

/// The path of the compiled test component. Compiles it once per test run.
fn guest_path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        // The folder of the outer cargo, which does not lock it while tests run.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip2"])
            .args(["--package", "guest-test", "--target-dir"])
            .arg(target)
            .current_dir(workspace)
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RUSTC")) {
            cargo.env_remove(name);
        }
        assert!(cargo.status().unwrap().success(), "the test component does not compile");
        target.join("wasm32-wasip2/release/guest_test.wasm")
    })
}

pub struct TestApp {
    pub folder: TempDir,
    pub client: reqwest::Client,
}

impl TestApp {
    /// `parts` is the manifest without its head. `GUEST_PATH` in it becomes the test component's path.
    pub fn new(parts: &str) -> TestApp {
        let folder = tempfile::tempdir().unwrap();
        let head = "spin_manifest_version = 2\n[application]\nname = \"guest\"\n";
        let parts = parts.replace("GUEST_PATH", guest_path().to_str().unwrap());
        std::fs::write(folder.path().join("spin.toml"), format!("{head}{parts}")).unwrap();
        TestApp { folder, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub fn manifest(&self) -> PathBuf {
        self.folder.path().join("spin.toml")
    }

    pub async fn start(&self) -> Running {
        self.start_with(Options::default()).await.unwrap()
    }

    pub async fn start_with(&self, options: Options) -> anyhow::Result<Running> {
        let options = Options { console: Console::Capture, ..options };
        App::load(&self.manifest())?.serve(options).await
    }

    /// Writes a runtime configuration, and returns options that use it.
    pub fn runtime_config(&self, text: &str) -> Options {
        let path = self.folder.path().join("runtime-config.toml");
        std::fs::write(&path, text).unwrap();
        Options { runtime_config: Some(path), ..Options::default() }
    }

    pub async fn get(&self, host: &Running, path: &str) -> String {
        let response = self.client.get(host.url() + path).send().await.unwrap();
        response.text().await.unwrap()
    }

    pub async fn status(&self, host: &Running, path: &str) -> u16 {
        self.client.get(host.url() + path).send().await.unwrap().status().as_u16()
    }

    pub async fn put(&self, host: &Running, path: &str, body: &'static str) -> u16 {
        let request = self.client.put(host.url() + path).body(body);
        request.send().await.unwrap().status().as_u16()
    }
}

/// A map of strings.
pub fn strings<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_string(), value.to_string())).into()
}
