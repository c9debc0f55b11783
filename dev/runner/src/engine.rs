//! A Docker Engine API for buildx's `docker-container` driver. Instead of a container it starts the real
//! `buildkitd` with the files that buildx copies into the container.
//!
//! Source of the requests: `driver/docker-container/driver.go` of buildx.

use std::{
    collections::HashMap,
    fs,
    path::{Path as FilePath, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::cleanup::MARKER;
use crate::http_error::HttpError;
use crate::mutex::lock;
use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::UnixStream,
    process::{Child, Command},
    time::sleep,
};

/// A running engine. Its containers are stopped when it is dropped.
pub struct Engine {
    pub socket: PathBuf,
    state: Arc<EngineState>,
}

struct EngineState {
    directory: PathBuf,
    programs: PathBuf,
    /// `HOST:PORT` of the registry that stands for all public ones.
    mirror: String,
    /// By name.
    containers: Mutex<HashMap<String, Container>>,
    executions: Mutex<Vec<Execution>>,
}

/// What buildx takes for a container: a directory, and BuildKit.
struct Container {
    directory: PathBuf,
    buildkitd: Option<Child>,
}

struct Execution {
    container: PathBuf,
    command: Vec<String>,
    exit_code: Option<i32>,
}

impl Engine {
    /// Serves on a socket in `directory`. `programs` contains `buildkitd` and `buildctl`.
    ///
    /// # Errors
    /// The socket cannot be created.
    pub fn start(directory: &FilePath, programs: &FilePath, mirror: &str) -> Result<Self> {
        let socket = directory.join("docker.sock");
        let listener = tokio::net::UnixListener::bind(&socket).context("the engine's socket")?;
        let state = Arc::new(EngineState {
            directory: directory.to_owned(),
            programs: programs.to_owned(),
            mirror: mirror.to_owned(),
            containers: Mutex::default(),
            executions: Mutex::default(),
        });
        let api = Router::new()
            .route("/version", get(async || Json(json!({ "ApiVersion": API_VERSION }))))
            .route("/info", get(info))
            .route("/images/create", post(async || StatusCode::OK))
            .route("/images/{*name}", get(async || Json(json!({ "Id": "sha256:0" }))))
            .route("/containers/create", post(create))
            .route("/containers/{name}/json", get(inspect))
            .route("/containers/{name}/archive", put(copy_files))
            .route("/containers/{name}/start", post(start))
            .route("/containers/{name}/exec", post(create_execution))
            .route("/exec/{id}/start", post(start_execution))
            .route("/exec/{id}/json", get(inspect_execution))
            .with_state(state.clone());
        let app = Router::new()
            .route("/_ping", get(async || ([("api-version", API_VERSION)], "OK")))
            .nest("/v1.47", api)
            .layer(from_fn(read_body));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { socket, state })
    }

    /// Removes all containers, as when a job's machine is deleted.
    pub fn remove_containers(&self) {
        let containers = std::mem::take(&mut *lock(&self.state.containers));
        drop(containers);
    }
}

impl EngineState {
    fn directory_of(&self, container: &str) -> Result<PathBuf> {
        let containers = lock(&self.containers);
        Ok(containers.get(container).context("no such container")?.directory.clone())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.remove_containers();
    }
}

impl Drop for Container {
    /// BuildKit stops its containers and unmounts when it is asked to end.
    fn drop(&mut self) {
        let Some(pid) = self.buildkitd.as_ref().and_then(Child::id) else { return };
        let _ = std::process::Command::new("kill").arg(pid.to_string()).status();
        for _ in 0..100 {
            if !FilePath::new(&format!("/proc/{pid}/exe")).exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Reads the body, whether the handler wants it or not. Otherwise the connection would be closed, and what is left
/// of a body would become input of an executed program.
async fn read_body(request: Request, next: Next) -> Result<Response, HttpError> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 * 1024 * 1024).await?;
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

const API_VERSION: &str = "1.47";

async fn info() -> Json<Value> {
    Json(json!({
        "CgroupDriver": "cgroupfs", "OSType": "linux", "Architecture": "x86_64", "SecurityOptions": [],
    }))
}

#[derive(Deserialize)]
struct CreateQuery {
    name: String,
}

async fn create(
    State(engine): State<Arc<EngineState>>,
    Query(query): Query<CreateQuery>,
) -> Result<impl IntoResponse, HttpError> {
    let directory = engine.directory.join(&query.name);
    fs::create_dir_all(&directory)?;
    let container = Container { directory, buildkitd: None };
    lock(&engine.containers).insert(query.name.clone(), container);
    Ok((StatusCode::CREATED, Json(json!({ "Id": query.name, "Warnings": [] }))))
}

async fn inspect(State(engine): State<Arc<EngineState>>, Path(name): Path<String>) -> Response {
    let containers = lock(&engine.containers);
    let Some(container) = containers.get(&name) else {
        let message = json!({ "message": "No such container" });
        return (StatusCode::NOT_FOUND, Json(message)).into_response();
    };
    let is_running = container.buildkitd.is_some();
    let state = json!({ "Running": is_running, "StartedAt": "2026-01-01T00:00:00Z" });
    Json(json!({ "Id": name, "State": state, "Mounts": [] })).into_response()
}

async fn copy_files(
    State(engine): State<Arc<EngineState>>,
    Path(name): Path<String>,
    archive: Bytes,
) -> Result<StatusCode, HttpError> {
    let directory = engine.directory_of(&name)?.join("etc");
    tar::Archive::new(archive.as_ref()).unpack(directory)?;
    Ok(StatusCode::OK)
}

async fn start(
    State(engine): State<Arc<EngineState>>,
    Path(name): Path<String>,
) -> Result<StatusCode, HttpError> {
    let Some(socket) = start_buildkitd(&engine, &name)? else {
        return Ok(StatusCode::NOT_MODIFIED);
    };
    // buildx waits 15 s for BuildKit, which a machine that has not read the program from its disk yet may need.
    for _ in 0..1_200 {
        if UnixStream::connect(&socket).await.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Starts BuildKit, and returns the socket on which it will listen; `None` if it runs already.
fn start_buildkitd(engine: &EngineState, name: &str) -> Result<Option<PathBuf>> {
    let mut containers = lock(&engine.containers);
    let container = containers.get_mut(name).context("no such container")?;
    if container.buildkitd.is_some() {
        return Ok(None);
    }
    let path = container.directory.join("buildkitd.toml");
    fs::write(&path, buildkit_configuration(&container.directory, &engine.mirror))?;
    let log = fs::File::create(container.directory.join("buildkitd.log"))?;
    let buildkitd = Command::new(engine.programs.join("buildkitd"))
        .arg("--config")
        .arg(path)
        .env(MARKER, &engine.directory)
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("start buildkitd")?;
    container.buildkitd = Some(buildkitd);
    Ok(Some(container.directory.join("buildkitd.sock")))
}

/// BuildKit reads /etc/buildkit in its container; here the same files are in a directory of the engine. BuildKit
/// asks the mirror first, and the public registry for what the mirror lacks. Each BuildKit has its own socket for traces:
/// runc mounts it, and refuses one that another BuildKit has just replaced.
fn buildkit_configuration(directory: &FilePath, mirror: &str) -> String {
    let directory = directory.display();
    format!(
        r#"root = "{directory}/root"
provenanceEnvDir = "{directory}/etc/buildkit/provenance.d"
[grpc]
address = ["unix://{directory}/buildkitd.sock"]
[otel]
socketPath = "{directory}/otel-grpc.sock"
[worker.containerd]
enabled = false
[worker.oci]
snapshotter = "overlayfs"
[registry."docker.io"]
mirrors = ["{mirror}"]
[registry."{mirror}"]
http = true
"#
    )
}

async fn create_execution(
    State(engine): State<Arc<EngineState>>,
    Path(name): Path<String>,
    Json(body): Json<Value>,
) -> Result<impl IntoResponse, HttpError> {
    let container = engine.directory_of(&name)?;
    let command = body.get("Cmd").cloned().unwrap_or_default();
    let command = serde_json::from_value(command)?;
    let mut executions = lock(&engine.executions);
    let id = executions.len();
    executions.push(Execution { container, command, exit_code: None });
    Ok((StatusCode::CREATED, Json(json!({ "Id": id.to_string() }))))
}

async fn inspect_execution(
    State(engine): State<Arc<EngineState>>,
    Path(id): Path<usize>,
) -> Result<Json<Value>, HttpError> {
    let exit_code = lock(&engine.executions).get(id).context("no such execution")?.exit_code;
    Ok(Json(json!({ "ID": id.to_string(), "Running": exit_code.is_none(), "ExitCode": exit_code })))
}

/// Runs the program and connects it with the upgraded connection.
async fn start_execution(
    State(engine): State<Arc<EngineState>>,
    Path(id): Path<usize>,
    request: Request,
) -> Result<Response, HttpError> {
    let program = {
        let executions = lock(&engine.executions);
        let execution = executions.get(id).context("no such execution")?;
        let (name, arguments) = execution.command.split_first().context("no command")?;
        let buildkit = format!("unix://{}/buildkitd.sock", execution.container.display());
        let mut program = Command::new(engine.programs.join(name));
        program.args(arguments).env("BUILDKIT_HOST", buildkit);
        program
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        // As Docker says of a program that cannot be run.
        let exit_code = execute(program, TokioIo::new(upgraded)).await.unwrap_or(Some(126));
        if let Some(execution) = lock(&engine.executions).get_mut(id) {
            execution.exit_code = exit_code;
        }
    });
    let headers = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "tcp"),
        (header::CONTENT_TYPE, "application/vnd.docker.raw-stream"),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

async fn execute(
    mut program: Command,
    connection: impl AsyncRead + AsyncWrite + Send + 'static,
) -> Result<Option<i32>> {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = program.kill_on_drop(true).spawn()?;
    let (mut input, output) = tokio::io::split(connection);
    let output = Arc::new(tokio::sync::Mutex::new(output));
    let mut stdin = program.stdin.take().context("no input")?;
    let feed = tokio::spawn(async move { tokio::io::copy(&mut input, &mut stdin).await });
    let stdout = program.stdout.take().context("no output")?;
    let stderr = program.stderr.take().context("no error output")?;
    tokio::join!(forward(1, stdout, output.clone()), forward(2, stderr, output.clone()));
    let exit_code = program.wait().await?.code();
    // Fails if the client has closed the connection.
    let _ = output.lock().await.shutdown().await;
    feed.abort();
    Ok(exit_code)
}

/// Writes what is read as frames of Docker's stream format: the number of the stream, three zero bytes, the
/// length, the content.
async fn forward(
    stream: u8,
    mut from: impl AsyncRead + Unpin,
    to: Arc<tokio::sync::Mutex<impl AsyncWrite + Unpin>>,
) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let content = buffer.get(..length).unwrap_or_default();
        let mut frame = vec![stream, 0, 0, 0];
        frame.extend(u32::try_from(length).unwrap_or_default().to_be_bytes());
        frame.extend(content);
        if to.lock().await.write_all(&frame).await.is_err() {
            break;
        }
    }
}
