//! What the tests share: the compiled guest, an application around it in a
//! folder of its own, and a client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use local_host::{App, Console, Options, Running};
use tempfile::TempDir;

/// One component `story` at every path, and an application's usual parts.
pub const STORY: &str = r#"
[[trigger.http]]
route = "/..."
component = "story"

[component.story]
source = "GUEST"
key_value_stores = ["default"]
"#;

/// The guest, built once per test run.
pub fn guest() -> &'static Path {
    static GUEST: OnceLock<PathBuf> = OnceLock::new();
    GUEST.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        // A target folder of its own: the one in use is locked by the outer cargo.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("guests");
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip2"])
            .args(["--package", "guest-story", "--target-dir"])
            .arg(&target)
            .current_dir(workspace)
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RUSTC")) {
            cargo.env_remove(name);
        }
        assert!(cargo.status().unwrap().success(), "the guest does not compile");
        target.join("wasm32-wasip2/release/guest_story.wasm")
    })
}

/// An application in a temporary folder.
pub struct Story {
    pub folder: TempDir,
    pub client: reqwest::Client,
}

impl Story {
    /// `parts` is what follows the head of the manifest; `GUEST` in it is the component.
    pub fn new(parts: &str) -> Story {
        let folder = tempfile::tempdir().unwrap();
        let head = "spin_manifest_version = 2\n[application]\nname = \"story\"\n";
        let parts = parts.replace("GUEST", guest().to_str().unwrap());
        std::fs::write(folder.path().join("spin.toml"), format!("{head}{parts}")).unwrap();
        Story { folder, client: reqwest::Client::builder().no_proxy().build().unwrap() }
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

    /// Options with this runtime configuration, beside the manifest.
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

pub fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_string(), value.to_string())).into()
}
