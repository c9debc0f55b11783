//! Debian's `docker-registry` in a process of its own, behind a proxy that also serves tokens at `/token`,
//! like public registries do.

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const SERVICE: &str = "registry.test";

pub struct Registry {
    /// The URL of the proxy.
    pub url: String,
    inner: Arc<Inner>,
}

struct Inner {
    process: Child,
    folder: TempDir,
    /// The URL of `docker-registry` itself.
    address: String,
    client: reqwest::Client,
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        make_key(folder.path());
        let config = folder.path().join("config.yml");
        let text = json!({
            "version": "0.1",
            "log": { "level": "error" },
            "storage": { "filesystem": { "rootdirectory": folder.path().join("data") } },
            "http": { "addr": address.to_string() },
            "auth": { "token": {
                "realm": format!("{url}/token"), "service": SERVICE, "issuer": "tests",
                "rootcertbundle": folder.path().join("cert.pem"),
            } },
        });
        std::fs::write(&config, text.to_string()).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("docker-registry; `make setup-tests` installs it");
        let client = reqwest::Client::new();
        let address = format!("http://{address}");
        let inner = Arc::new(Inner { process, folder, address, client });
        let router = Router::new().route("/token", get(token)).fallback(forward);
        let router = router.with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let registry = Self { url, inner };
        for _ in 0..500 {
            if registry.inner.client.get(&registry.inner.address).send().await.is_ok() {
                return registry;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("docker-registry does not start");
    }

    /// Pushes a small image and an index that refers to it, like BuildKit. Returns the digest of the index.
    pub async fn push(&self, name: &str, tag: &str) -> String {
        let (config, layer) = (json!({}).to_string(), format!("a layer of {name}:{tag}"));
        for blob in [&config, &layer] {
            self.push_blob(name, blob).await;
        }
        let descriptor = |media_type: &str, body: &str| json!({ "mediaType": media_type, "digest": digest(body), "size": body.len() });
        let image = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
        })
        .to_string();
        let index = json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(MANIFEST, &image)],
        })
        .to_string();
        self.put_manifest(name, &digest(&image), MANIFEST, &image).await;
        self.put_manifest(name, tag, INDEX, &index).await;
        digest(&index)
    }

    async fn push_blob(&self, name: &str, body: &str) {
        let url = format!("{}/v2/{name}/blobs/uploads/", self.inner.address);
        let upload = self.send_authorized(name, self.inner.client.post(url)).await;
        let location = upload.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let mut url = url::Url::parse(&self.inner.address).unwrap().join(&location).unwrap();
        url.query_pairs_mut().append_pair("digest", &digest(body));
        self.send_authorized(name, self.inner.client.put(url).body(body.to_owned())).await;
    }

    async fn put_manifest(&self, name: &str, reference: &str, media_type: &str, body: &str) {
        let url = format!("{}/v2/{name}/manifests/{reference}", self.inner.address);
        let put = self.inner.client.put(url).header(header::CONTENT_TYPE, media_type);
        self.send_authorized(name, put.body(body.to_owned())).await;
    }

    async fn send_authorized(
        &self,
        name: &str,
        request: reqwest::RequestBuilder,
    ) -> reqwest::Response {
        let token = self.inner.sign_token(name, &["pull", "push"]);
        request.bearer_auth(token).send().await.unwrap().error_for_status().unwrap()
    }
}

impl Inner {
    /// A token for `docker-registry`: a JWT with the certificate of its key in the header.
    fn sign_token(&self, name: &str, actions: &[&str]) -> String {
        let certificate = std::fs::read_to_string(self.folder.path().join("cert.pem")).unwrap();
        let lines = certificate.lines().filter(|line| !line.starts_with('-'));
        let head = json!({ "alg": "RS256", "typ": "JWT", "x5c": [lines.collect::<String>()] });
        let now = jiff::Timestamp::now().as_second();
        let claims = json!({
            "iss": "tests", "sub": "", "aud": SERVICE, "jti": "1", "iat": now, "nbf": now - 5,
            "exp": now + 300,
            "access": [{ "type": "repository", "name": name, "actions": actions }],
        });
        let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{head}.{claims}");
        let key = self.folder.path().join("key.pem");
        let signature = openssl(&["dgst", "-sha256", "-sign", key.to_str().unwrap()], &signed);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Issues pull tokens. Names with `private` in them need the credentials of the user `reader`.
async fn token(
    State(registry): State<Arc<Inner>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let scope: Vec<_> = query.get("scope").map_or("", String::as_str).split(':').collect();
    let (Some("repository"), Some(name)) = (scope.first().copied(), scope.get(1)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let reader = format!("Basic {}", STANDARD.encode("reader:classic"));
    let is_reader =
        headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap() == reader);
    if is_reader == Some(false) || (is_reader.is_none() && name.contains("private")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body: Value = json!({ "token": registry.sign_token(name, &["pull"]), "expires_in": 300 });
    axum::Json(body).into_response()
}

async fn forward(State(registry): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = registry.client.request(parts.method, format!("{}{path}", registry.address));
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let received = request.headers(parts.headers).body(body).send().await.unwrap();
    let (status, headers) = (received.status(), received.headers().clone());
    let mut response = (status, received.bytes().await.unwrap()).into_response();
    *response.headers_mut() = headers;
    response
}

pub fn digest(body: impl AsRef<[u8]>) -> String {
    let hash = Sha256::digest(body.as_ref());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn make_key(folder: &Path) {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (at("key.pem"), at("cert.pem"));
    openssl(
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=tests",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
        "",
    );
}

fn openssl(arguments: &[&str], input: &str) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().expect("openssl; `make setup-tests` installs it");
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}
