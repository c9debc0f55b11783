//! A Redis server (Debian's package) for one test.

use std::{
    fs::create_dir_all,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The server is killed when this value is dropped.
pub struct Redis {
    process: Child,
    socket: PathBuf,
}

impl Redis {
    /// Starts a server that logs every write to a file in `folder`, so that the test can search the file
    /// for secrets.
    pub async fn start(folder: &Path) -> Self {
        create_dir_all(folder).unwrap();
        let socket = folder.join("redis.sock");
        let process = Command::new("redis-server")
            // Without a TCP port, so that many servers can run at the same time.
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

    /// Spin's runtime configuration for this server (TOML).
    pub fn runtime_config(&self) -> String {
        let url = format!("redis+unix://{}", self.socket.display());
        format!("[key_value_store.default]\ntype = \"redis\"\nurl = {url:?}\n")
    }

    /// Kills the server, if it is still running.
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
