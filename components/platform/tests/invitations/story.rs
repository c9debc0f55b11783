//! What owners and those whom they invite do.

use nokube_test_host::{Client, Response, TestHost};
use platform::ROUTES;
use serde_json::{Value, json};
use std::rc::Rc;

pub const PROJECTS: &str = "/api/v1/projects";
pub const INVITATIONS: &str = "/api/v1/invitations";
pub const DAY: u64 = 24 * 60 * 60;

/// Owners of a project each, and bob, who has no role anywhere.
pub struct Story {
    pub host: Rc<TestHost>,
}

impl Story {
    pub fn begin() -> Self {
        Self::begin_with_limit("0")
    }

    /// With this limit of invitations, and of other changes, in a minute.
    pub fn begin_with_limit(limit: &str) -> Self {
        let host = TestHost::install();
        for variable in ["limit_changes_per_minute", "limit_deploys_per_minute"] {
            host.set(variable, limit);
        }
        host.respond("GET", "http://builds.spin.internal/", 404, &json!({}));
        let story = Self { host };
        story.project("bob", "his-own"); // He gets a username.
        story
    }

    /// Signed in just now: tokens are valid for a day.
    pub fn user(&self, name: &str) -> Client {
        self.host.user(ROUTES, name)
    }

    /// The path of a new project.
    pub fn project(&self, owner: &str, name: &str) -> String {
        let created = self.user(owner).post(PROJECTS, &json!({ "name": name }));
        created.expect(201);
        created.header("location").to_owned()
    }

    pub fn invite(&self, owner: &str, project: &str, role: &str) -> Response {
        self.user(owner).put(&format!("{project}/members/bob"), &json!({ "role": role }))
    }

    pub fn withdraw(&self, owner: &str, project: &str) -> Response {
        self.user(owner).delete(&format!("{project}/members/bob"))
    }

    pub fn accept(&self, person: &str, project: &str) -> Response {
        self.user(person).post(&accept_path(project), &json!({}))
    }

    pub fn decline(&self, person: &str, project: &str) -> Response {
        self.user(person).delete(&invitation(project))
    }

    pub fn role(&self, person: &str, project: &str) -> Option<Value> {
        let response = self.user(person).get(project);
        (response.status != 404).then(|| response.expect(200)["role"].clone())
    }

    /// The names of the projects that a person is invited to.
    pub fn invited_to(&self, person: &str) -> Vec<Value> {
        let list = self.user(person).get(INVITATIONS).expect(200);
        list["invitations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["project_name"].clone())
            .collect()
    }

    /// The usernames of those whom the owner sees invited.
    pub fn invited_by(&self, owner: &str, project: &str) -> Vec<Value> {
        let list = self.user(owner).get(&format!("{project}/members")).expect(200);
        list["invitations"].as_array().unwrap().iter().map(|it| it["username"].clone()).collect()
    }
}

pub fn invitation(project: &str) -> String {
    project.replace(PROJECTS, INVITATIONS)
}

pub fn accept_path(project: &str) -> String {
    format!("{}/accept", invitation(project))
}
