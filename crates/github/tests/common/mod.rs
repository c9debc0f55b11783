//! What the tests have in common: a build, answers, and GitHub's own descriptions.

// Each test takes what it needs; a helper that is wrong must stop the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use nokube_domain::{
    BuildId, Person, ProjectId, Timestamp,
    build::{BuildRecord, NewBuild, Source},
    image::Registry,
    project::Project,
};
use nokube_github::{Api, Response};

pub const TOKEN: &str = "ghs_hunter2";

pub fn id() -> BuildId {
    BuildId::new(ProjectId(7), 3, 0x0123_4567_89ab_cdef)
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn github() -> Api {
    api("https://api.github.com", "")
}

pub fn enterprise() -> Api {
    api("https://git.example.com", "/api/v3/")
}

pub fn api(origin: &str, path: &str) -> Api {
    let (builder, workflow) = ("o/builder".parse().unwrap(), "build.yml".into());
    Api::new(&origin.parse().unwrap(), path, builder, workflow, "main".into())
}

/// A build of a private repository from a Dockerfile that was sent along, with arguments.
pub fn record() -> BuildRecord {
    let now = time("2026-11-23T10:00:00Z");
    let project = Project {
        id: ProjectId(7),
        name: "myapp".parse().unwrap(),
        owner: "testuser".parse().unwrap(),
        description: None,
        repository_url: None,
        framework: None,
        created_at: now,
        updated_at: now,
    };
    let asked = NewBuild {
        repository: "testuser/myapp".parse().unwrap(),
        git_ref: "feature/x".into(),
        context: "web".into(),
        source: Source::DockerfileGiven("FROM scratch\n".into()),
        service: "frontend".parse().unwrap(),
        tag: "v1".parse().unwrap(),
        build_args: [("A".into(), "\"b\" ${{ secrets.X }}".into())].into(),
    };
    let by = Person { issuer: "github".into(), subject: "1".into() };
    let commit = "a".repeat(40).parse().unwrap();
    let registry = Registry::new("ghcr.io", "amzhm").unwrap();
    BuildRecord::new(id(), by, &project, asked, commit, true, &registry, 120, now)
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.as_bytes().to_vec()).unwrap()
}
