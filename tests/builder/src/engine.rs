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
};

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
    process::{Child, Command},
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
    pub fn start(directory: &FilePath, programs: &FilePath, mirror: &str) -> Self {
        let socket = directory.join("docker.sock");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
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
        Self { socket, state }
    }

    /// Removes all containers, as when a job's machine is deleted.
    pub fn remove_containers(&self) {
        self.state.containers.lock().unwrap().clear();
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
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Reads the body, whether the handler wants it or not. Otherwise the connection would be closed, and what is left
/// of a body would become input of an executed program.
async fn read_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 * 1024 * 1024).await.unwrap();
    next.run(Request::from_parts(parts, Body::from(body))).await
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
) -> impl IntoResponse {
    let directory = engine.directory.join(&query.name);
    fs::create_dir_all(&directory).unwrap();
    let container = Container { directory, buildkitd: None };
    engine.containers.lock().unwrap().insert(query.name.clone(), container);
    (StatusCode::CREATED, Json(json!({ "Id": query.name, "Warnings": [] })))
}

async fn inspect(State(engine): State<Arc<EngineState>>, Path(name): Path<String>) -> Response {
    let containers = engine.containers.lock().unwrap();
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
) -> StatusCode {
    let directory = engine.containers.lock().unwrap()[&name].directory.join("etc");
    tar::Archive::new(&archive[..]).unpack(directory).unwrap();
    StatusCode::OK
}

async fn start(State(engine): State<Arc<EngineState>>, Path(name): Path<String>) -> StatusCode {
    let mut containers = engine.containers.lock().unwrap();
    let container = containers.get_mut(&name).unwrap();
    if container.buildkitd.is_some() {
        return StatusCode::NOT_MODIFIED;
    }
    // BuildKit reads /etc/buildkit in its container; here the same files are in a directory of the test.
    let directory = container.directory.display();
    let mirror = &engine.mirror;
    let config = format!(
        r#"root = "{directory}/root"
provenanceEnvDir = "{directory}/etc/buildkit/provenance.d"
[grpc]
address = ["unix://{directory}/buildkitd.sock"]
[worker.containerd]
enabled = false
[worker.oci]
snapshotter = "overlayfs"
[registry."docker.io"]
mirrors = ["{mirror}"]
[registry."{mirror}"]
http = true
"#
    );
    let path = container.directory.join("buildkitd.toml");
    fs::write(&path, config).unwrap();
    let log = fs::File::create(container.directory.join("buildkitd.log")).unwrap();
    let buildkitd = Command::new(engine.programs.join("buildkitd"))
        .arg("--config")
        .arg(path)
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    container.buildkitd = Some(buildkitd);
    StatusCode::NO_CONTENT
}

async fn create_execution(
    State(engine): State<Arc<EngineState>>,
    Path(name): Path<String>,
    Json(body): Json<Value>,
) -> impl IntoResponse {
    let container = engine.containers.lock().unwrap()[&name].directory.clone();
    let command = serde_json::from_value(body["Cmd"].clone()).unwrap();
    let mut executions = engine.executions.lock().unwrap();
    executions.push(Execution { container, command, exit_code: None });
    let id = executions.len() - 1;
    (StatusCode::CREATED, Json(json!({ "Id": id.to_string() })))
}

async fn inspect_execution(
    State(engine): State<Arc<EngineState>>,
    Path(id): Path<usize>,
) -> Json<Value> {
    let exit_code = engine.executions.lock().unwrap()[id].exit_code;
    Json(json!({ "ID": id.to_string(), "Running": exit_code.is_none(), "ExitCode": exit_code }))
}

/// Runs the program and connects it with the upgraded connection.
async fn start_execution(
    State(engine): State<Arc<EngineState>>,
    Path(id): Path<usize>,
    request: Request,
) -> Response {
    let (container, command) = {
        let execution = &engine.executions.lock().unwrap()[id];
        (execution.container.clone(), execution.command.clone())
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let mut program = Command::new(engine.programs.join(&command[0]))
            .args(&command[1..])
            .env("BUILDKIT_HOST", format!("unix://{}/buildkitd.sock", container.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (mut input, output) = tokio::io::split(TokioIo::new(upgraded));
        let output = Arc::new(tokio::sync::Mutex::new(output));
        let mut stdin = program.stdin.take().unwrap();
        let feed = tokio::spawn(async move { tokio::io::copy(&mut input, &mut stdin).await });
        let (stdout, stderr) = (program.stdout.take().unwrap(), program.stderr.take().unwrap());
        tokio::join!(forward(1, stdout, output.clone()), forward(2, stderr, output.clone()));
        let exit_code = program.wait().await.unwrap().code();
        engine.executions.lock().unwrap()[id].exit_code = exit_code;
        let _ = output.lock().await.shutdown().await;
        feed.abort();
    });
    let headers = [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "tcp"),
        (header::CONTENT_TYPE, "application/vnd.docker.raw-stream"),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
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
        let mut frame = vec![stream, 0, 0, 0];
        frame.extend((length as u32).to_be_bytes());
        frame.extend(&buffer[..length]);
        if to.lock().await.write_all(&frame).await.is_err() {
            break;
        }
    }
}
