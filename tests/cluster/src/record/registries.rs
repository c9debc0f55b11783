//! Registries that fail in one way each.

use anyhow::Result;
use nokube_dev_cluster::Cluster;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// The host's name, and its status. Without a status it closes the connection.
const REGISTRIES: [(&str, &str); 6] = [
    ("eof.example.org", ""),
    ("429.example.org", "429 Too Many Requests"),
    ("503.example.org", "503 Service Unavailable"),
    ("500.example.org", "500 Internal Server Error"),
    ("403.example.org", "403 Forbidden"),
    ("token403.example.org", "401 Unauthorized"),
];

/// Starts them, on the machine's address for nodes.
pub async fn start(cluster: &Cluster) -> Result<()> {
    for (host, status) in REGISTRIES {
        let listener = TcpListener::bind((cluster.machine_address(), 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        cluster.add_registry(host, &url)?;
        tokio::spawn(serve(listener, url, status));
    }
    // It does not speak TLS.
    let url = format!("https://{}:5000", cluster.control_plane_address());
    cluster.add_registry("tls.example.org", &url)?;
    // Nobody listens there.
    cluster.add_registry("away.example.org", &format!("http://{}:9", cluster.machine_address()))
}

async fn serve(listener: TcpListener, url: String, status: &'static str) -> Result<()> {
    loop {
        let (mut connection, _) = listener.accept().await?;
        let mut request = [0; 4096];
        let length = connection.read(&mut request).await?;
        let is_token = request[..length].starts_with(b"GET /token");
        let (status, header) = match status {
            "" => continue,
            "401 Unauthorized" if is_token => ("403 Forbidden", String::new()),
            "401 Unauthorized" => (
                status,
                format!(
                    "WWW-Authenticate: Bearer realm=\"{url}/token\",service=\"ghcr.io\",scope=\"\
                     repository:team/app:pull\"\r\n"
                ),
            ),
            _ => (status, String::new()),
        };
        let body = r#"{"errors":[{"code":"DENIED","message":"denied"}]}"#;
        let response = format!(
            "HTTP/1.1 {status}\r\n{header}Content-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(response.as_bytes()).await.ok();
    }
}
