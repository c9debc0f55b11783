//! Helpers that the tests share: a build, APIs and responses.

// Each test uses some of the helpers; they may panic, which fails the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use nokube_domain::{BuildId, Person, ProjectId, Timestamp, builds::BuildRecord};
use nokube_github::{Api, Response};
use serde_json::json;

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

/// A build of a private repository, with build arguments and a Dockerfile from the request.
pub fn record() -> BuildRecord {
    let now = time("2026-11-23T10:00:00Z");
    let spec = json!({
        "repository": "testuser/myapp", "git_ref": "feature/x", "context": "web",
        "source": { "dockerfile_given": "FROM scratch\n" }, "service": "frontend", "tag": "v1",
        "build_args": { "A": "\"b\" ${{ secrets.X }}" },
    });
    let requested_by = Person { issuer: "github".into(), subject: "1".into() };
    BuildRecord {
        id: id(),
        requested_by,
        owner: "testuser".parse().unwrap(),
        project: "myapp".parse().unwrap(),
        spec: serde_json::from_value(spec).unwrap(),
        repository_id: None,
        commit: "a".repeat(40).parse().unwrap(),
        commit_summary: None,
        trigger: None,
        private: true,
        image: "ghcr.io/amzhm/testuser-myapp-frontend".into(),
        estimate: 120,
        created_at: now,
    }
}

pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.as_bytes().to_vec()).unwrap()
}
