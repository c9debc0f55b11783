//! A project, what its operator offers, and requests for deployments, in few words.

// Each test takes what it needs; a helper that is wrong must stop the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use nokube_domain::{
    DeploymentId, Person, Problem, ProblemKind, ProjectId, Timestamp,
    access::Caller,
    deploy::{ImageAsked, ImageUsed, NewDeployment, Offer, Release},
    fields::Fields,
    image::Digest,
    project::Project,
};
use serde_json::{Value, json};

/// So many seconds after the project was made.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn id() -> DeploymentId {
    DeploymentId::new(ProjectId(7), 3, 0x0123_4567_89ab_cdef)
}

pub fn digest(digit: char) -> Digest {
    format!("sha256:{}", digit.to_string().repeat(64)).parse().unwrap()
}

pub fn project() -> Project {
    project_of("testuser", "myapp")
}

pub fn project_of(owner: &str, name: &str) -> Project {
    Project {
        id: ProjectId(7),
        name: name.parse().unwrap(),
        owner: owner.parse().unwrap(),
        description: None,
        repository_url: None,
        framework: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// Everything can be had.
pub fn offer() -> Offer {
    let hosts = |all: &[&str]| all.iter().map(|host| host.parse().unwrap()).collect();
    Offer {
        most_replicas: 20,
        most_storage: Some("10Gi".parse().unwrap()),
        apps_domain: Some("apps.example.com".parse().unwrap()),
        paths: true,
        https: true,
        custom_domains: ["shop.example.org", "*.example.net", "*.example.com"]
            .map(|pattern| pattern.parse().unwrap())
            .into(),
        reserved: hosts(&["nokube.example.com", "nokube.example.net"]),
    }
}

/// The least that a request must say, with `more` in it.
pub fn with(more: Value) -> Value {
    let mut body = json!({
        "project_id": 7, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:latest",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

pub fn asked_of(body: &Value, offer: &Offer) -> Result<NewDeployment, Problem> {
    let mut fields = Fields::from_json(body.to_string().as_bytes())?;
    let project = NewDeployment::project_id(&mut fields).map(|_| project());
    let person = Person { issuer: "https://github.com".into(), subject: "1".into() };
    let caller = Caller { person, login: "member".parse().unwrap() };
    NewDeployment::parse(fields, &caller, project.as_ref(), offer)
}

pub fn asked(more: Value) -> NewDeployment {
    let body = with(more);
    asked_of(&body, &offer()).unwrap_or_else(|problem| panic!("{body}: {problem:?}"))
}

/// The fields that are refused, in order, each with why.
pub fn faults_of(body: &Value, offer: &Offer) -> Vec<(String, String)> {
    let problem = asked_of(body, offer).expect_err(&body.to_string());
    assert_eq!(problem.kind, ProblemKind::Invalid, "{problem:?}");
    problem.errors.into_iter().map(|fault| (fault.field, fault.detail)).collect()
}

/// The fields that are refused, in order.
pub fn faulty(more: Value) -> Vec<String> {
    faults_of(&with(more), &offer()).into_iter().map(|(field, _)| field).collect()
}

/// The release of revision `number` that a request makes.
pub fn release(number: u32, more: Value) -> Release {
    let NewDeployment { spec, image, secrets } = asked(more);
    let image = match image {
        ImageAsked::Named(name) => ImageUsed::foreign(name),
        ImageAsked::Build { build, name } => {
            ImageUsed { name: name.unwrap(), digest: Some(digest('b')), build: Some(build) }
        }
    };
    let secrets: Vec<_> = secrets.into_keys().collect();
    Release {
        number,
        by: "testuser".parse().unwrap(),
        at: at(number.into()),
        image,
        variables_object: (!spec.variables.is_empty()).then(|| format!("env-{number}")),
        secrets_object: (!secrets.is_empty()).then(|| format!("secret-{number}")),
        spec,
        secrets,
    }
}
