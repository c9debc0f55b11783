//! A Redis server of a world's own (Debian's), for the flows that run on it.

use std::{
    fs::create_dir_all,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Gone with this value.
pub struct Redis {
    process: Child,
    socket: PathBuf,
}

impl Redis {
    /// Every write is left in `folder`, so that one can look for what must not be in storage.
    pub async fn start(folder: &Path) -> Self {
        create_dir_all(folder).unwrap();
        let socket = folder.join("redis.sock");
        let process = Command::new("redis-server")
            // No port, so that many may run at once.
            .args(["--port", "0", "--unixsocket", "redis.sock"])
            .args(["--save", "", "--appendonly", "yes", "--appendfsync", "no"])
            .args(["--auto-aof-rewrite-percentage", "0"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server; `make setup-tests` installs it");
        let redis = Self { process, socket };
        for _ in 0..500 {
            if tokio::net::UnixStream::connect(&redis.socket).await.is_ok() {
                return redis;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("redis-server does not answer");
    }

    /// What Spin's runtime configuration says of it.
    pub fn runtime_config(&self) -> String {
        let url = format!("redis+unix://{}", self.socket.display());
        format!("[key_value_store.default]\ntype = \"redis\"\nurl = {url:?}\n")
    }

    /// Ends it, if it has not ended yet.
    pub fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
