//! GitHub's Git server: real `git http-backend`, and the API of Git LFS, with GitHub's rules for access.
//!
//! Sources: gitprotocol-http(5), git-http-backend(1); `docs/api/batch.md` of Git LFS.

use crate::{
    http_error::HttpError,
    job::{BUILDER_REPOSITORY, RUNNER_TOKEN},
    mutex::lock,
};
use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Path as UrlPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};
use tokio::{io::AsyncWriteExt, net::TcpListener, process::Command};

/// Where the repositories are.
pub enum Repositories {
    /// In this folder, as `OWNER/NAME`.
    In(PathBuf),
    /// In these folders, by `OWNER/NAME`.
    At(BTreeMap<String, PathBuf>),
}

impl Repositories {
    /// The folder of an existing repository, with its `.git`.
    fn folder(&self, repository: &str) -> Option<PathBuf> {
        let folder = match self {
            Self::In(folder) => Some(folder.join(repository)),
            Self::At(folders) => folders
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(repository))
                .map(|(_, folder)| folder.clone()),
        };
        folder.filter(|folder| folder.join(".git").exists())
    }
}

pub struct GitServer {
    /// Without a slash at the end.
    pub url: String,
    state: Arc<ServerState>,
}

struct ServerState {
    url: String,
    repositories: Repositories,
    private: Mutex<BTreeSet<String>>,
    /// The private repository that a token can read, by the token. Each can read all public ones.
    tokens: Mutex<BTreeMap<String, String>>,
    /// Objects in Git LFS, by their id.
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl GitServer {
    /// # Errors
    /// There is no free port.
    pub async fn start(repositories: Repositories) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(ServerState {
            url: url.clone(),
            repositories,
            private: Mutex::default(),
            tokens: Mutex::default(),
            objects: Mutex::default(),
        });
        state.add_token(RUNNER_TOKEN, BUILDER_REPOSITORY);
        let app = Router::new()
            .route("/lfs-objects/{id}", get(object))
            .fallback(serve)
            .with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, state })
    }

    pub fn make_private(&self, repository: &str) {
        lock(&self.state.private).insert(repository.into());
    }

    /// Issues a token that can read the private `repository`.
    pub fn add_token(&self, token: &str, repository: &str) {
        self.state.add_token(token, repository);
    }

    /// Stores an object in Git LFS.
    pub fn add_object(&self, id: &str, content: &[u8]) {
        lock(&self.state.objects).insert(id.into(), content.into());
    }
}

impl ServerState {
    fn add_token(&self, token: &str, repository: &str) {
        lock(&self.tokens).insert(token.into(), repository.into());
    }

    /// The name and the folder of the repository in the path, and the rest of the path; or GitHub's status for a
    /// client that may not read it.
    fn repository<'a>(
        &self,
        path: &'a str,
        headers: &HeaderMap,
    ) -> Result<(PathBuf, &'a str), StatusCode> {
        let mut parts = path.trim_start_matches('/').splitn(3, '/');
        let mut part = || parts.next().unwrap_or("");
        let (owner, name, rest) = (part(), part(), part());
        let repository = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        let tokens = lock(&self.tokens);
        let authorization = headers.get(header::AUTHORIZATION);
        let readable = match authorization.map(|value| value.to_str().unwrap_or("")) {
            None => None,
            Some(sent) => {
                let is_sent = |token: &str| sent.ends_with(&format!(" {}", credentials(token)));
                let token = tokens.iter().find(|(token, _)| is_sent(token));
                Some(token.ok_or(StatusCode::UNAUTHORIZED)?.1)
            }
        };
        let is_private = lock(&self.private).contains(&repository);
        match self.repositories.folder(&repository) {
            Some(folder) if !is_private || readable == Some(&repository) => Ok((folder, rest)),
            // Without credentials GitHub asks for some, whether the repository exists or not.
            _ if authorization.is_none() => Err(StatusCode::UNAUTHORIZED),
            _ => Err(StatusCode::NOT_FOUND),
        }
    }
}

/// The credentials of HTTP's basic authentication with a token.
pub fn credentials(token: &str) -> String {
    STANDARD.encode(format!("x-access-token:{token}"))
}

async fn serve(
    State(server): State<Arc<ServerState>>,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 * 1024 * 1024).await?;
    match server.repository(parts.uri.path(), &parts.headers) {
        Err(status) => {
            Ok((status, [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")]).into_response())
        }
        Ok((_, "info/lfs/objects/batch")) => batch(&server, &body),
        Ok((folder, path)) => {
            let query = parts.uri.query().unwrap_or("");
            Ok(http_backend(&folder, path, query, &parts.headers, &body).await?)
        }
    }
}

/// Where to download each of the objects.
fn batch(server: &ServerState, body: &[u8]) -> Result<Response, HttpError> {
    #[derive(Deserialize)]
    struct Batch {
        objects: Vec<Object>,
    }
    #[derive(Deserialize)]
    struct Object {
        oid: String,
        size: u64,
    }
    let request: Batch = serde_json::from_slice(body)?;
    let stored = lock(&server.objects);
    let object = |Object { oid, size }: &Object| match stored.contains_key(oid) {
        true => {
            let href = format!("{}/lfs-objects/{oid}", server.url);
            json!({ "oid": oid, "size": size, "actions": { "download": { "href": href } } })
        }
        // The message looks like commands to GitHub's runner.
        false => json!({ "oid": oid, "size": size, "error": {
            "code": 404, "message": "Object does not exist\n::error::forged\n##[error]forged",
        } }),
    };
    let objects: Vec<_> = request.objects.iter().map(object).collect();
    let body = json!({ "transfer": "basic", "objects": objects }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/vnd.git-lfs+json")], body).into_response())
}

async fn object(State(server): State<Arc<ServerState>>, UrlPath(id): UrlPath<String>) -> Response {
    match lock(&server.objects).get(&id) {
        Some(content) => Bytes::from(content.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Runs `git http-backend`, which is a CGI program.
async fn http_backend(
    folder: &Path,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let configuration = [
        // GitHub serves each commit of a repository by its id.
        ("uploadpack.allowAnySHA1InWant", "true"),
        // The repository may belong to another user than the one who runs this.
        ("safe.directory", "*"),
    ];
    let mut backend = Command::new("git");
    for (number, (key, value)) in configuration.iter().enumerate() {
        backend.env(format!("GIT_CONFIG_KEY_{number}"), key);
        backend.env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    backend
        .arg("http-backend")
        .env("GIT_CONFIG_COUNT", configuration.len().to_string())
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        // Otherwise the repository's configuration could name a program that fetches what it lacks.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("REQUEST_METHOD", if body.is_empty() { "GET" } else { "POST" })
        .env("PATH_INFO", format!("/.git/{path}"))
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut backend = backend.spawn().context("start git http-backend")?;
    let mut stdin = backend.stdin.take().context("it has no input")?;
    let (_, output) =
        tokio::join!(async move { stdin.write_all(body).await }, backend.wait_with_output());
    cgi_response(&output?.stdout)
}

fn cgi_response(output: &[u8]) -> Result<Response> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = output.split_at(end.context("no header from git http-backend")?);
    let body = body.get(4..).unwrap_or_default();
    let mut response = Bytes::copy_from_slice(body).into_response();
    for line in std::str::from_utf8(head)?.lines() {
        let (name, value) = line.split_once(": ").context("a header without a value")?;
        if name == "Status" {
            *response.status_mut() = value.split(' ').next().unwrap_or(value).parse()?;
        } else {
            let name: header::HeaderName = name.parse()?;
            response.headers_mut().insert(name, value.parse()?);
        }
    }
    Ok(response)
}
