//! GitHub's Git server: real `git http-backend`, and the API of Git LFS, with GitHub's rules for access.
//!
//! Sources: gitprotocol-http(5), git-http-backend(1); `docs/api/batch.md` of Git LFS.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Path as UrlPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

pub struct GitServer {
    /// Without a slash at the end.
    pub url: String,
    state: Arc<ServerState>,
}

struct ServerState {
    url: String,
    /// Contains the repositories, as `OWNER/NAME`.
    directory: PathBuf,
    private: Mutex<BTreeSet<String>>,
    /// The private repository that a token can read, by the token. Each can read all public ones.
    tokens: Mutex<BTreeMap<String, String>>,
    /// Objects in Git LFS, by their id.
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl GitServer {
    pub fn start(directory: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(ServerState {
            url: url.clone(),
            directory: directory.to_owned(),
            private: Mutex::default(),
            tokens: Mutex::default(),
            objects: Mutex::default(),
        });
        let app = Router::new()
            .route("/lfs-objects/{id}", get(object))
            .fallback(serve)
            .with_state(state.clone());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, state }
    }

    pub fn make_private(&self, repository: &str) {
        self.state.private.lock().unwrap().insert(repository.into());
    }

    /// Issues a token that can read the private `repository`.
    pub fn add_token(&self, token: &str, repository: &str) {
        self.state.tokens.lock().unwrap().insert(token.into(), repository.into());
    }

    /// Stores an object in Git LFS.
    pub fn add_object(&self, id: &str, content: &[u8]) {
        self.state.objects.lock().unwrap().insert(id.into(), content.into());
    }
}

impl ServerState {
    /// The name of the repository in the path, and the rest of the path; or GitHub's status for a client that may
    /// not read it.
    fn repository<'a>(
        &self,
        path: &'a str,
        headers: &HeaderMap,
    ) -> Result<(String, &'a str), StatusCode> {
        let mut parts = path.trim_start_matches('/').splitn(3, '/');
        let (owner, name) = (parts.next().unwrap(), parts.next().unwrap_or_default());
        let repository = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        let tokens = self.tokens.lock().unwrap();
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
        let readable = match authorization {
            None => None,
            Some(sent) => {
                let is_sent = |token: &str| sent.ends_with(&format!(" {}", credentials(token)));
                let token = tokens.iter().find(|(token, _)| is_sent(token));
                Some(token.ok_or(StatusCode::UNAUTHORIZED)?.1)
            }
        };
        let exists = self.directory.join(&repository).join(".git").exists();
        let is_private = self.private.lock().unwrap().contains(&repository);
        if exists && (!is_private || readable == Some(&repository)) {
            return Ok((repository, parts.next().unwrap_or_default()));
        }
        // Without credentials GitHub asks for some, whether the repository exists or not.
        Err(match authorization {
            None => StatusCode::UNAUTHORIZED,
            Some(_) => StatusCode::NOT_FOUND,
        })
    }
}

/// The credentials of HTTP's basic authentication with a token.
pub fn credentials(token: &str) -> String {
    let output = std::process::Command::new("bash")
        .args(["-c", "printf 'x-access-token:%s' \"$1\" | base64 -w 0", "bash", token])
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

async fn serve(State(server): State<Arc<ServerState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 * 1024 * 1024).await.unwrap();
    match server.repository(parts.uri.path(), &parts.headers) {
        Err(status) => {
            (status, [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")]).into_response()
        }
        Ok((_, "info/lfs/objects/batch")) => batch(&server, &body),
        Ok((repository, path)) => {
            let query = parts.uri.query().unwrap_or_default();
            http_backend(
                &server,
                &format!("/{repository}/.git/{path}"),
                query,
                &parts.headers,
                &body,
            )
            .await
        }
    }
}

/// Where to download each of the objects.
fn batch(server: &ServerState, body: &[u8]) -> Response {
    let request: Value = serde_json::from_slice(body).unwrap();
    let stored = server.objects.lock().unwrap();
    let object = |object: &Value| {
        let (oid, size) = (object["oid"].as_str().unwrap(), &object["size"]);
        match stored.contains_key(oid) {
            true => {
                let href = format!("{}/lfs-objects/{oid}", server.url);
                json!({ "oid": oid, "size": size, "actions": { "download": { "href": href } } })
            }
            // The message looks like commands to GitHub's runner.
            false => json!({ "oid": oid, "size": size, "error": {
                "code": 404, "message": "Object does not exist\n::error::forged\n##[error]forged",
            } }),
        }
    };
    let objects: Vec<_> = request["objects"].as_array().unwrap().iter().map(object).collect();
    let content_type = [(header::CONTENT_TYPE, "application/vnd.git-lfs+json")];
    (
        content_type,
        Json(json!({ "transfer": "basic", "objects": objects })).into_response().into_body(),
    )
        .into_response()
}

async fn object(State(server): State<Arc<ServerState>>, UrlPath(id): UrlPath<String>) -> Response {
    match server.objects.lock().unwrap().get(&id) {
        Some(content) => Bytes::from(content.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Runs `git http-backend`, which is a CGI program.
async fn http_backend(
    server: &ServerState,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let mut backend = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &server.directory)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        // GitHub serves each commit of a repository by its id.
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "uploadpack.allowAnySHA1InWant")
        .env("GIT_CONFIG_VALUE_0", "true")
        .env("REQUEST_METHOD", if body.is_empty() { "GET" } else { "POST" })
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = backend.stdin.take().unwrap();
    let (_, output) =
        tokio::join!(async move { stdin.write_all(body).await }, backend.wait_with_output());
    cgi_response(&output.unwrap().stdout)
}

fn cgi_response(output: &[u8]) -> Response {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let mut response = Bytes::copy_from_slice(&output[end + 4..]).into_response();
    for line in std::str::from_utf8(&output[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        if name == "Status" {
            *response.status_mut() = value[..3].parse().unwrap();
        } else {
            let name: header::HeaderName = name.parse().unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
    }
    response
}
