//! The objects that the generated requests are about: those of the user, and those of another one.

use nokube_tests::{Response, User};
use reqwest::Method;
use serde_json::{Value, json};

/// The objects of one user.
pub struct Owned {
    pub username: String,
    pub project: u64,
    pub build: String,
    pub deployment: String,
}

pub struct Fixtures {
    pub own: Owned,
    pub others: Owned,
    /// A project that the other user has invited this one to.
    pub invitation: u64,
    /// What the requests may delete.
    pub deletable_projects: Vec<u64>,
    pub deletable_deployments: Vec<String>,
    pub deletable_tokens: Vec<u64>,
}

impl Fixtures {
    pub async fn create(user: &User, other: &User) -> Self {
        let mut deletable_projects = Vec::new();
        // Before the others: generated numbers are small.
        for number in 0..5 {
            deletable_projects.push(user.create_project(&format!("deletable-{number}")).await);
        }
        let (own, others) = (Owned::create(user).await, Owned::create(other).await);
        let (mut deletable_deployments, mut deletable_tokens) = (Vec::new(), Vec::new());
        for number in 0..3 {
            let service = format!("deletable-{number}");
            deletable_deployments.push(deploy(user, own.project, &service).await);
            deletable_tokens.push(create_token(user).await);
        }
        let invitation = other.create_project("invitation").await;
        let path = format!("/api/v1/projects/{invitation}/members/{}", own.username);
        let request = other.request(Method::PUT, &path).json(&json!({ "role": "viewer" }));
        Response::send(request).await.expect(201);
        Self {
            own,
            others,
            invitation,
            deletable_projects,
            deletable_deployments,
            deletable_tokens,
        }
    }

    /// What of the other user's objects nobody else may change.
    pub async fn of_other(&self, other: &User) -> Vec<Value> {
        let Owned { project, build, deployment, .. } = &self.others;
        let paths = [
            format!("/api/v1/projects/{project}"),
            format!("/api/v1/projects/{project}/members"),
            format!("/api/v1/projects/{project}/audit"),
            format!("/api/v1/projects/{project}/builds"),
            format!("/api/v1/builds/{build}"),
            format!("/api/v1/deployments/{deployment}/revisions"),
            "/api/v1/auth/tokens".to_owned(),
        ];
        let mut all = Vec::new();
        for path in paths {
            all.push(other.get(&path).await.expect(200));
        }
        all
    }
}

impl Owned {
    async fn create(user: &User) -> Self {
        let project = user.create_project("shop").await;
        let build = user.start_build(project).await;
        user.wait_for_end(&build).await;
        let deployment = deploy(user, project, "web").await;
        create_token(user).await;
        let view = user.get(&format!("/api/v1/projects/{project}")).await.expect(200);
        let username = view["owner"].as_str().unwrap().to_owned();
        Self { username, project, build: last_segment(&build), deployment }
    }
}

async fn deploy(user: &User, project: u64, service: &str) -> String {
    let body = user.deployment_request(project, service, "nginx:1.29").await;
    last_segment(&user.deploy(&body).await)
}

async fn create_token(user: &User) -> u64 {
    let body = json!({ "name": "ci", "scopes": ["read"] });
    user.post("/api/v1/auth/tokens", &body).await.expect(201)["id"].as_u64().unwrap()
}

fn last_segment(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}
