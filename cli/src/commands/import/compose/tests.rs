//! Compose files as they are in repositories.

use super::*;
use nokube_domain::config_file::{self, FileService};
use serde_json::{Value as Json, json};

fn convert_in(folder: &str, text: &str) -> Converted {
    Compose::parse(text, folder, Path::new("/nonexistent")).unwrap().convert()
}

fn convert(text: &str) -> Converted {
    convert_in("", text)
}

/// The services of the file that is written, which must be valid.
fn services(converted: &Converted) -> BTreeMap<String, FileService> {
    let text = converted.draft.render();
    let file = config_file::parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    file.services.into_iter().map(|(name, service)| (name.to_string(), service)).collect()
}

/// The build and the deployment of the only service.
fn only(converted: &Converted) -> (Json, Json) {
    let services = services(converted);
    assert_eq!(services.len(), 1);
    let service = services.into_values().next().unwrap();
    (json!(service.build), json!(service.deployment))
}

fn notes(converted: &Converted) -> Vec<String> {
    converted
        .notes
        .iter()
        .map(|note| format!("{}.{}: {}", note.service, note.field, note.reason))
        .collect()
}

fn has_note(converted: &Converted, place: &str, reason: &str) {
    let notes = notes(converted);
    let is = |note: &String| note.starts_with(&format!("{place}: ")) && note.contains(reason);
    assert!(notes.iter().any(is), "{place}: {reason}: {notes:#?}");
}

const SHOP: &str = r#"
version: "3.9"
x-defaults: &defaults
  restart: unless-stopped
  environment:
    LOG_LEVEL: info
services:
  web:
    <<: *defaults
    build:
      context: ./web
      dockerfile: docker/Dockerfile
      args: { CHANNEL: stable, NPM_TOKEN: s3cret-arg }
      target: runtime
    ports: ["127.0.0.1:8080:80", "9090:9090", "5353:53/udp"]
    environment:
      API_URL: http://api:5000/v1
      DEBUG: false
      SESSION_SECRET: s3cret-session
      DATABASE_URL: postgres://shop:s3cret-db@db:5432/shop
      REGION: ${REGION:-eu}
      PRICE: 5$$
    depends_on: [api, db]
    networks: [front]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost/health?full=1"]
      interval: 1m30s
      timeout: 3s
      retries: 5
      start_period: 40s
    deploy:
      replicas: 3
      resources:
        limits: { cpus: "0.50", memory: 256M }
        reservations: { memory: 64M }
      placement: { constraints: [node.role == worker] }
  api:
    build: { context: . }
    command: ["gunicorn", "app:app", "--workers", "2"]
    expose: [5000]
    scale: 2
  mail_worker:
    build: .
    entrypoint: python -m worker --name "a b"
    environment:
      - QUEUE=mail
      - API_KEY=s3cret-key
      - HOME_REGION
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: s3cret-postgres }
    volumes: ["data:/var/lib/postgresql/data"]
volumes: { data: {} }
networks: { front: {} }
"#;

#[test]
fn a_compose_file_becomes_a_valid_nokube_toml() {
    let converted = convert(SHOP);
    let services = services(&converted);
    assert_eq!(services.keys().collect::<Vec<_>>(), ["api", "mail-worker", "web"]);
    assert_eq!(
        json!(services["web"].build),
        json!({
            "context": "web", "dockerfile_path": "web/docker/Dockerfile", "build_args": { "CHANNEL": "stable" },
        })
    );
    assert_eq!(
        json!(services["web"].deployment),
        json!({
            "container_port": 80, "replicas": 3, "cpu_limit": "500m", "memory_request": "64Mi",
            "memory_limit": "256Mi", "liveness_check_path": "/health?full=1",
            "readiness_check_path": "/health?full=1", "health_check_period": 90, "health_check_timeout": 3,
            "liveness_initial_delay": 40, "health_check_failure_threshold": 5,
            "env_vars": { "API_URL": "http://api:5000/v1", "DEBUG": "false", "PRICE": "5$" },
        })
    );
    assert_eq!(services["web"].secrets, ["DATABASE_URL", "SESSION_SECRET"]);
    assert_eq!(
        json!(services["api"].deployment),
        json!({
            "exposure_type": "internal", "container_port": 5000, "service_port": 5000, "replicas": 2,
            "args": ["gunicorn", "app:app", "--workers", "2"],
        })
    );
    assert_eq!(
        json!(services["mail-worker"].deployment),
        json!({
            "service_type": "worker", "command": ["python", "-m", "worker", "--name", "a b"],
            "env_vars": { "QUEUE": "mail" },
        })
    );
    assert_eq!(services["mail-worker"].secrets, ["API_KEY"]);
}

#[test]
fn what_is_not_carried_over_is_said_with_its_reason() {
    let converted = convert(SHOP);
    for (place, reason) in [
        ("web.build.target", "last stage"),
        ("web.build.args.NPM_TOKEN", "may be a secret"),
        ("web.ports", "9090: a service has one port, here 80"),
        ("web.ports", "53/udp: only TCP"),
        ("web.environment.API_URL", "names the service api, which is at api-service:5000 here"),
        ("web.environment.REGION", "uses the variables REGION"),
        ("web.depends_on", "any order"),
        ("web.networks", "reach each other"),
        ("web.deploy.placement", "no counterpart"),
        ("mail_worker.name", "is named mail-worker here"),
        ("mail_worker.environment.HOME_REGION", "has no value"),
        ("db.image", "nokube deploy db --image postgres:16"),
        (".networks", "reach each other"),
    ] {
        has_note(&converted, place, reason);
    }
    assert_eq!(converted.notes.len(), 13, "{:#?}", notes(&converted));
}

#[test]
fn no_secret_is_in_what_is_written_or_said() {
    let converted = convert(SHOP);
    let secrets = json!(converted.secrets).to_string();
    let all = [converted.draft.render(), notes(&converted).join("\n"), secrets.clone()].join("\n");
    assert!(!all.contains("s3cret"), "{all}");
    assert!(secrets.contains("SESSION_SECRET"), "{secrets}");
}

#[test]
fn an_env_file_gives_names_of_secrets_only() {
    let folder = tempfile::tempdir().unwrap();
    let env = "# s3cret-comment\nexport SMTP_HOST=s3cret-a\nKEY=\"s3cret-b\nLINE=s3cret-c\"\nLOG=s3cret-d\n";
    std::fs::write(folder.path().join(".env"), env).unwrap();
    let text = "services:\n  a:\n    build: .\n    ports: [3000]\n    env_file: [.env, {path: missing.env}]\n    \
                environment: {LOG: info}\n";
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, text).unwrap();
    let converted = Compose::read(&file, folder.path()).unwrap().convert();
    let service = &services(&converted)["a"];
    assert_eq!(service.secrets, ["KEY", "SMTP_HOST"], "a line of a value is no name");
    assert_eq!(service.deployment.as_ref().unwrap()["env_vars"], json!({ "LOG": "info" }));
    has_note(&converted, "a.env_file", "missing.env cannot be read here");
    let all = format!("{}{:?}{:?}", converted.draft.render(), converted.notes, converted.secrets);
    assert!(!all.contains("s3cret"), "{all}");
}

#[test]
fn contexts_are_from_the_root_of_the_repository() {
    let build = |folder: &str, build: &str| {
        only(&convert_in(folder, &format!("services: {{a: {{build: {build}}}}}"))).0
    };
    assert_eq!(build("", "."), json!({ "dockerfile_path": "Dockerfile" }));
    assert_eq!(
        build("deploy", "{context: .., dockerfile: deploy/Dockerfile.prod}"),
        json!({ "dockerfile_path": "deploy/Dockerfile.prod" })
    );
    assert_eq!(
        build("deploy", "../web"),
        json!({ "context": "web", "dockerfile_path": "web/Dockerfile" })
    );
    assert_eq!(
        build("", "{dockerfile_inline: 'FROM nginx'}"),
        json!({ "dockerfile_content": "FROM nginx" })
    );
    for outside in ["../other", "https://github.com/acme/shop.git", "/srv/app", "${DIR}"] {
        let converted = convert(&format!("services: {{a: {{build: '{outside}'}}}}"));
        assert!(converted.draft.services.is_empty(), "{outside}");
        assert_eq!(converted.notes.len(), 1, "{outside}");
    }
}

#[test]
fn a_named_volume_is_storage_and_a_folder_is_not() {
    let converted = convert(
        "services:\n  a:\n    build: .\n    ports: ['8000']\n    deploy: {replicas: 2}\n    volumes:\n      \
         - ./src:/app\n      - type: bind\n        source: /etc/x\n        target: /etc/x\n      - data:/data:rw\n      \
         - cache:/cache\n      - {type: tmpfs, target: /tmp}\n",
    );
    let (_, deployment) = only(&converted);
    assert_eq!(
        deployment,
        json!({ "container_port": 8000, "storage_size": "1Gi", "storage_path": "/data" })
    );
    has_note(&converted, "a.volumes", "./src: a folder of this computer");
    has_note(&converted, "a.volumes", "/etc/x: a folder of this computer");
    has_note(&converted, "a.volumes", "/cache: a service has one volume, here /data");
    has_note(&converted, "a.volumes", "/tmp: files in a container");
    has_note(&converted, "a.deploy.replicas", "one pod");
}

#[test]
fn ports_have_many_forms() {
    for (ports, expected) in [
        ("['80']", 80),
        ("[8080:80]", 80),
        ("['[::1]:8080:81/tcp']", 81),
        ("['3000-3005:4000-4005']", 4000),
        ("[{target: 82, published: 8080}]", 82),
    ] {
        let converted = convert(&format!("services: {{a: {{build: ., ports: {ports}}}}}"));
        assert_eq!(only(&converted).1, json!({ "container_port": expected }), "{ports}");
    }
    let converted = convert("services: {a: {build: ., ports: ['${PORT}:${PORT}']}}");
    assert_eq!(only(&converted).1, json!({}), "not a worker");
    has_note(&converted, "a.ports", "uses the variables PORT");
}

#[test]
fn checks_that_are_no_requests_are_said() {
    let check = |check: &str| {
        let text = format!("services: {{a: {{build: ., ports: [3000], healthcheck: {check}}}}}");
        convert(&text)
    };
    let (_, deployment) =
        only(&check("{test: 'wget -q http://127.0.0.1:9000/live || exit 1', interval: 0s}"));
    assert_eq!(
        deployment,
        json!({
            "container_port": 3000, "health_check_port": 9000, "liveness_check_path": "/live",
            "readiness_check_path": "/live",
        })
    );
    for disabled in ["{disable: true}", "{test: [NONE]}"] {
        assert_eq!(only(&check(disabled)).1["health_check_enabled"], false);
    }
    has_note(&check("{test: [CMD, pg_isready]}"), "a.healthcheck", "not a request of HTTP");
    has_note(
        &check("{test: 'curl http://other/health'}"),
        "a.healthcheck",
        "not a request of HTTP",
    );
}

#[test]
fn a_reservation_above_the_default_limit_raises_it() {
    let (_, deployment) = only(&convert(
        "services: {a: {build: ., ports: [80], mem_reservation: 1g, cpus: 2, deploy: {resources: {reservations: {cpus: '0.1'}}}}}",
    ));
    assert_eq!(
        deployment,
        json!({
            "container_port": 80, "cpu_request": "100m", "cpu_limit": "2000m", "memory_request": "1024Mi",
            "memory_limit": "1024Mi",
        })
    );
}

#[test]
fn a_file_that_cannot_be_read_says_where() {
    let error = |text: &str| Compose::parse(text, "", Path::new("")).err().unwrap();
    assert!(error("services:\n  a: [\n").contains("line"), "{}", error("services:\n  a: [\n"));
    assert_eq!(error("a: 1"), "has no services");
    assert_eq!(error("services: []"), "has no services");
    assert_eq!(error(""), "has no services");
}

#[test]
fn only_images_need_no_file() {
    let compose = Compose::parse("services: {db: {image: redis}}", "", Path::new("")).unwrap();
    assert!(!compose.has_services());
    assert!(compose.convert().draft.services.is_empty());
}
