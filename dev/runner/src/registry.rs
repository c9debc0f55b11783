//! Debian's `docker-registry`.

use crate::cleanup::MARKER;
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

/// A running registry, without TLS and without a login. It stops when it is dropped.
pub struct Registry {
    /// `localhost:PORT`
    pub address: String,
    pub storage: PathBuf,
    _process: Child,
}

impl Registry {
    /// Starts it with its storage in `directory`. Port 0 selects a free port.
    ///
    /// # Errors
    /// The port is in use, or the program is not installed.
    pub async fn start(directory: &Path, port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let free = TcpListener::bind(address).await;
        let port = free.with_context(|| format!("the registry's address {address}"))?;
        let port = port.local_addr()?.port();
        let storage = directory.join("registry");
        let config = format!(
            "version: 0.1\nlog: {{ accesslog: {{ disabled: true }}, level: error }}\n\
             storage: {{ filesystem: {{ rootdirectory: '{}' }} }}\nhttp: {{ addr: '127.0.0.1:{port}' }}\n",
            storage.display()
        );
        fs::create_dir_all(directory)?;
        let path = directory.join("registry.yml");
        fs::write(&path, config)?;
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(path)
            .env(MARKER, directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("start docker-registry")?;
        for _ in 0..100 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
                return Ok(Self {
                    address: format!("localhost:{port}"),
                    storage,
                    _process: process,
                });
            }
            ensure!(process.try_wait()?.is_none(), "docker-registry has ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("docker-registry does not listen on port {port}")
    }
}
