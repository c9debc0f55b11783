//! What is found in the listings of repositories.

use super::*;

/// Files, some with content.
fn files(listing: &[(&str, &str)]) -> Files {
    let paths = listing.iter().map(|(path, _)| (*path).to_owned()).collect();
    let contents = listing.iter().filter(|(path, _)| is_wanted(path));
    Files {
        paths,
        contents: contents.map(|(path, text)| ((*path).into(), (*text).into())).collect(),
    }
}

fn services(listing: &[(&str, &str)]) -> Vec<String> {
    let services = detect(&files(listing), "Acme_Shop").services;
    let line = |service: Found| {
        let build = match service.build {
            Build::Dockerfile { path } => path,
            Build::Buildpacks { language } => language.unwrap_or("?").to_owned(),
        };
        let port = service.port.map_or("-".to_owned(), |port| port.to_string());
        let process = service.process.map(|name| format!(" {name}")).unwrap_or_default();
        format!("{}: {} in {}, port {port}{process}", service.name, build, service.context)
    };
    services.into_iter().map(line).collect()
}

#[test]
fn the_dockerfile_in_the_root_is_named_after_the_repository() {
    let dockerfile =
        "FROM rust AS build\nEXPOSE 1\nFROM debian\nEXPOSE $PORT 53/udp 8080/tcp 9090\n";
    let found =
        services(&[("Dockerfile", dockerfile), ("package.json", ""), ("Procfile", "web: x")]);
    assert_eq!(found, ["acme-shop: Dockerfile in ., port 8080"]);
    assert_eq!(services(&[("Dockerfile", "FROM x")]), ["acme-shop: Dockerfile in ., port -"]);
}

#[test]
fn several_dockerfiles_are_several_services_each_with_its_context() {
    let found = services(&[
        ("web/Dockerfile", "FROM x\nexpose 80"),
        ("services/api/Dockerfile", ""),
        ("services/api/Dockerfile.dev", ""),
        ("services/api/main.go", ""),
        ("Dockerfile.worker", ""),
        ("docker/Dockerfile", ""),
        ("tests/Dockerfile", ""),
        (".devcontainer/Dockerfile", ""),
        ("web/Dockerfile.dockerignore", ""),
    ]);
    assert_eq!(
        found,
        [
            "worker: Dockerfile.worker in ., port -",
            "acme-shop: docker/Dockerfile in ., port -",
            "api: services/api/Dockerfile in services/api, port -",
            "web: web/Dockerfile in web, port 80",
        ]
    );
}

#[test]
fn folders_with_the_same_name_get_numbers() {
    let found =
        services(&[("a/web/Dockerfile", ""), ("b/web/Dockerfile", ""), ("c/Web/Dockerfile", "")]);
    let names: Vec<_> = found.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, ["web", "web-2", "web-3"]);
}

#[test]
fn a_procfile_has_a_service_for_each_process() {
    let procfile =
        "# c\nweb: gunicorn app\nworker: python worker.py --queue=a:b\nrelease: migrate\nempty:\n";
    let listing = [("Procfile", procfile), ("requirements.txt", "")];
    assert_eq!(
        services(&listing),
        ["acme-shop: Python in ., port 8000", "worker: Python in ., port - worker"]
    );
    assert!(detect(&files(&listing), "shop").has_release_process);
    assert_eq!(services(&[("Procfile", "clock: x")]), ["clock: ? in ., port - clock"]);
}

#[test]
fn languages_are_found_in_the_root_or_else_in_folders() {
    for (file, expected) in [
        ("package.json", "Node.js in ., port 3000"),
        ("go.mod", "Go in ., port 8080"),
        ("Shop.csproj", ".NET in ., port 8080"),
        ("pyproject.toml", "Python in ., port 8000"),
    ] {
        assert_eq!(services(&[(file, ""), ("README.md", "")]), [format!("acme-shop: {expected}")]);
    }
    // The language of a program is not that of its page's tools.
    assert_eq!(
        services(&[("go.mod", ""), ("package.json", "")]),
        ["acme-shop: Go in ., port 8080"]
    );
    let folders = [
        ("backend/pom.xml", ""),
        ("backend/core/pom.xml", ""),
        ("frontend/package.json", ""),
        ("docs/package.json", ""),
        ("a/b/c/go.mod", ""),
    ];
    assert_eq!(
        services(&folders),
        ["backend: Java in backend, port 8080", "frontend: Node.js in frontend, port 3000"]
    );
    assert!(services(&[("README.md", "")]).is_empty());
}

#[test]
fn the_compose_file_of_the_root_is_found() {
    let detected = detect(&files(&[("docker-compose.yml", ""), ("compose.yaml", "")]), "shop");
    assert_eq!(detected.compose_file.as_deref(), Some("compose.yaml"));
    assert_eq!(detect(&files(&[("dev/compose.yaml", "")]), "shop").compose_file, None);
}

#[test]
fn any_text_becomes_a_valid_name() {
    for (text, name) in [
        ("My_App.git", "my-app-git"),
        ("--", "app"),
        ("", "app"),
        ("2048", "app-2048"),
        ("été", "t"),
        (&"x-".repeat(40), "x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x-x"),
    ] {
        assert_eq!(service_name(text), name);
        assert!(name.parse::<nokube_domain::name::ServiceName>().is_ok());
    }
}
