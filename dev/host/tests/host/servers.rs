//! Servers for the tests: Redis, and HTTPS with a private certificate authority.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A `redis-server` process. Stops when dropped.
pub struct Redis {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Redis {
    pub fn start() -> Redis {
        Redis::find_port(Redis::spawn)
    }

    /// Starts a server on the port of one that has stopped.
    pub fn on_port(port: u16) -> Redis {
        (0..50)
            .find_map(|_| {
                std::thread::sleep(Duration::from_millis(20));
                Redis::spawn(port)
            })
            .unwrap()
    }

    /// A server for TLS only, with the files that the authority has written to `certificates`.
    pub fn start_with_tls(certificates: &Path) -> Redis {
        let file = |name| certificates.join(name).to_str().unwrap().to_string();
        let (certificate, key) = (file("server.pem"), file("server.key"));
        let tls = ["--tls-cert-file", &certificate, "--tls-key-file", &key];
        let options = [tls.as_slice(), &["--tls-auth-clients", "no"]].concat();
        Redis::find_port(|port| Redis::spawn_with(port, "--tls-port", &options))
    }

    fn find_port(spawn: impl Fn(u16) -> Option<Redis>) -> Redis {
        loop {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            // Another process may have taken the port since.
            if let Some(redis) = spawn(port) {
                return redis;
            }
        }
    }

    /// `None` if the port is in use.
    fn spawn(port: u16) -> Option<Redis> {
        Redis::spawn_with(port, "--port", &[])
    }

    fn spawn_with(port: u16, port_option: &str, options: &[&str]) -> Option<Redis> {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--port", "0"])
            .args([port_option, &port.to_string()])
            .args(options)
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = process else { panic!("redis-server is missing: run make setup") };
        let mut output =
            BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        match output.any(|line| line.contains("Ready to accept connections")) {
            true => {
                // Redis must not wait for a reader of its output.
                std::thread::spawn(|| output.for_each(drop));
                Some(Redis { process, port, _folder: folder })
            }
            false => {
                process.wait().unwrap();
                None
            }
        }
    }

    /// Lets the process stop. Connections stay open, but are not served.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends a command to Redis directly, not through the host.
    pub async fn query<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut words = command.iter();
        let mut cmd = redis::cmd(words.next().unwrap());
        cmd.arg(words.collect::<Vec<_>>());
        cmd.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Issues certificates that are not trusted by default.
pub struct CertificateAuthority(CertifiedIssuer<'static, KeyPair>);

impl CertificateAuthority {
    pub fn new() -> CertificateAuthority {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertificateAuthority(
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
        )
    }

    /// Writes `ca.pem`, and a client certificate, `client.pem` and `client.key`.
    pub fn write_files(&self, folder: &Path) {
        let key = KeyPair::generate().unwrap();
        let client = CertificateParams::new(["client".to_string()]).unwrap();
        let client = client.signed_by(&key, &self.0).unwrap();
        std::fs::write(folder.join("ca.pem"), self.0.pem()).unwrap();
        std::fs::write(folder.join("client.pem"), client.pem()).unwrap();
        std::fs::write(folder.join("client.key"), key.serialize_pem()).unwrap();
    }

    /// Writes `ca.pem`, and a certificate of a server on 127.0.0.1, `server.pem` and `server.key`.
    pub fn write_server_files(&self, folder: &Path) {
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["127.0.0.1".to_string()]).unwrap();
        let server = server.signed_by(&key, &self.0).unwrap();
        std::fs::write(folder.join("ca.pem"), self.0.pem()).unwrap();
        std::fs::write(folder.join("server.pem"), server.pem()).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    }

    /// Starts a server for `localhost` and 127.0.0.1. Its response says whether the client presented a
    /// certificate of this authority.
    pub async fn start_server(&self) -> HttpsServer {
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_string(), "127.0.0.1".to_string()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.allow_unauthenticated().build().unwrap())
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), connections.clone()));
        HttpsServer { addr, connections }
    }
}

pub struct HttpsServer {
    pub addr: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl HttpsServer {
    /// The number of successful handshakes.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, connections: Arc<AtomicUsize>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, connections) = (acceptor.clone(), connections.clone());
        tokio::spawn(async move {
            // Fails if the client does not trust the authority.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            connections.fetch_add(1, Ordering::Relaxed);
            let text = match stream.get_ref().1.peer_certificates() {
                Some(_) => "with a certificate",
                None => "without a certificate",
            };
            let service = service_fn(async |_| {
                Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(text))))
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
