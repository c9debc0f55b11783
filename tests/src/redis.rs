//! A Redis server (Debian's package) for one test.

use crate::REDIS_PASSWORD;
use std::{
    fs::create_dir_all,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::net::TcpStream;

/// The server is killed when this value is dropped.
pub struct Redis {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Redis {
    /// Starts a server that logs every write to a file in `folder`, so that the test can search the file
    /// for secrets.
    pub async fn start(folder: &Path) -> Self {
        create_dir_all(folder).unwrap();
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let process = spawn(folder, free.port());
            let mut redis = Self { process, folder: folder.into(), port: free.port() };
            // It ends if another process has taken the port in between.
            if redis.answers().await {
                return redis;
            }
        }
        panic!("redis-server does not answer");
    }

    /// Whether it accepts connections, after at most 5 s.
    async fn answers(&mut self) -> bool {
        for _ in 0..500 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return true;
            }
        }
        false
    }

    fn url(&self) -> String {
        format!("redis://:{REDIS_PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    /// The platform's settings for this server.
    pub fn settings(&self) -> [(String, String); 2] {
        let host = format!("redis://127.0.0.1:{}", self.port);
        [("state_redis_url".into(), self.url()), ("state_redis_host".into(), host)]
    }

    /// Spin's runtime configuration with this server as the key-value store (TOML).
    pub fn key_value_config(&self) -> String {
        format!("[key_value_store.default]\ntype = \"redis\"\nurl = {:?}\n", self.url())
    }

    /// Kills the server.
    pub fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the server again with what it has stored.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.folder, self.port);
        assert!(self.answers().await, "redis-server does not answer");
    }

    /// Lets the server accept connections, but do nothing.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(signal).arg(self.process.id().to_string()).status();
        assert!(status.unwrap().success());
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--requirepass", REDIS_PASSWORD])
        .args(["--save", "", "--appendonly", "yes", "--appendfsync", "no"])
        .args(["--auto-aof-rewrite-percentage", "0"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server; `make setup-tests` installs it")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may have been killed already.
        let _ = self.process.wait();
    }
}
