//! A project, platform limits, and deployment requests.

use nokube_domain::{
    DeploymentId, Person, Problem, ProblemKind, ProjectId, Timestamp,
    access::Caller,
    deployments::{
        Cause, DeploymentRequest, DesiredState, ImageSource, NewDeployment, PlatformLimits,
        Release, ResolvedImage, Revision, Spec,
    },
    fields::Fields,
    image::Digest,
    projects::Project,
};
use serde_json::{Value, json};

/// A time, in seconds after the project was created.
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
        unknown_fields: Default::default(),
    }
}

/// Limits that allow everything.
pub fn limits() -> PlatformLimits {
    let hosts = |all: &[&str]| all.iter().map(|host| host.parse().unwrap()).collect();
    PlatformLimits {
        max_replicas: 20,
        max_cpu: Some("16".parse().unwrap()),
        max_memory: Some("16Gi".parse().unwrap()),
        max_storage: Some("10Gi".parse().unwrap()),
        apps_domain: Some("apps.example.com".parse().unwrap()),
        has_path_routing: true,
        has_https: true,
        custom_domains: ["shop.example.org", "*.example.net", "*.example.com"]
            .map(|pattern| pattern.parse().unwrap())
            .into(),
        reserved_hosts: hosts(&["nokube.example.com", "nokube.example.net"]),
    }
}

/// A request with the required fields and `more`.
pub fn request_with(more: Value) -> Value {
    let mut body = json!({
        "project_id": 7, "project_name": "myapp", "username": "testuser",
        "service_name": "frontend", "image_name": "ghcr.io/amzhm/testuser-myapp-frontend:latest",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

pub fn try_parse(body: &Value, limits: &PlatformLimits) -> Result<DeploymentRequest, Problem> {
    try_revise(body, limits, None)
}

/// Reads a request for a service that has the configuration `current`.
pub fn try_revise(
    body: &Value,
    limits: &PlatformLimits,
    current: Option<&Spec>,
) -> Result<DeploymentRequest, Problem> {
    let mut fields = Fields::from_json(body.to_string().as_bytes())?;
    let request = NewDeployment::read(&mut fields);
    let project = request.project_id.map(|_| project());
    let person = Person { issuer: "https://github.com".into(), subject: "1".into() };
    let caller = Caller { person, login: "member".parse().unwrap() };
    DeploymentRequest::new(request, fields, &caller, project.as_ref(), limits, current)
}

pub fn parse(more: Value) -> DeploymentRequest {
    let body = request_with(more);
    try_parse(&body, &limits()).unwrap_or_else(|problem| panic!("{body}: {problem:?}"))
}

/// The invalid fields with their error messages, in order.
pub fn field_errors(body: &Value, limits: &PlatformLimits) -> Vec<(String, String)> {
    let problem = try_parse(body, limits).expect_err(&body.to_string());
    assert_eq!(problem.kind, ProblemKind::Invalid, "{problem:?}");
    problem.errors.into_iter().map(|error| (error.field, error.detail)).collect()
}

/// The invalid fields, in order.
pub fn invalid_fields(more: Value) -> Vec<String> {
    field_errors(&request_with(more), &limits()).into_iter().map(|(field, _)| field).collect()
}

/// The release of a request, with the number of its revision.
pub fn release(number: u32, more: Value) -> Release {
    let DeploymentRequest { spec, image, secrets } = parse(more);
    let image = match image {
        ImageSource::Named(name) => ResolvedImage::external(name),
        ImageSource::ReleaseOf(_) => panic!("its image is that of another deployment"),
        ImageSource::Build { build, name } => {
            ResolvedImage { name: name.unwrap(), digest: Some(digest('b')), build: Some(build) }
        }
    };
    let secrets: Vec<_> = secrets.into_keys().collect();
    Release {
        number,
        previous: None,
        by: "testuser".parse().unwrap(),
        at: at(number.into()),
        image,
        variables_object: (!spec.variables.is_empty()).then(|| format!("env-{number}")),
        secrets_object: (!secrets.is_empty()).then(|| format!("secret-{number}")),
        spec,
        secrets,
        promoted_from: None,
        automatic: false,
        unknown_fields: Default::default(),
    }
}

/// A revision by a person.
pub fn revision(number: u32, cause: Cause, desired: DesiredState) -> Revision {
    Revision {
        deployment_id: id(),
        number,
        by: "alice".parse().unwrap(),
        person: None,
        at: at(number.into()),
        cause,
        automatic: None,
        repeats: None,
        work_item: None,
        desired,
    }
}
