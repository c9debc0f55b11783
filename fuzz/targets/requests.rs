//! The body of a request: its kind in the first line, then JSON, or a form for a grant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nokube_domain::{
    Person, Problem, ProjectId, Timestamp,
    access::Caller,
    builds::{BuildSpec, NewBuild},
    deployments::{DeploymentRequest, NewDeployment, PlatformLimits, Rollback},
    fields::Fields,
    grant::TokenRequest,
    projects::{MemberRole, NewProject, Project, ProjectChange},
    token::{ApiTokenRequest, MAX_LIFETIME_DAYS},
};
use nokube_fuzz::{check_stored, split_line};

/// A response that lists errors does not grow with the request.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

fuzz_target!(|input: &[u8]| {
    let (kind, body) = split_line(input);
    let fields = match kind {
        "grant" => Ok(Fields::from_form(url::form_urlencoded::parse(body).into_owned())),
        _ => Fields::from_json(body),
    };
    if let Err(problem) = fields.and_then(|fields| read(kind, fields)) {
        let json = serde_json::to_vec(&problem.body("/path")).expect("a problem can be written");
        assert!(json.len() <= MAX_PROBLEM_BYTES, "{} bytes", json.len());
    }
});

fn read(kind: &str, mut fields: Fields) -> Result<(), Problem> {
    match kind {
        "build" => {
            let request = NewBuild::read(&mut fields);
            let github = "https://github.com".parse().expect("a URL");
            check_stored(&BuildSpec::new(request, fields, Some(&project().name), &github)?);
        }
        "deployment" => check_stored(&read_deployment(fields)?.spec),
        "project" => {
            let project = NewProject::read(&mut fields);
            fields.finish(Some(project))?;
        }
        "change" => {
            check_stored(&ProjectChange::read(&mut fields).apply(fields, project(), now())?)
        }
        "member" => {
            let role = MemberRole::read(&mut fields).role;
            fields.finish(role)?;
        }
        "token" => {
            let token = ApiTokenRequest::parse(fields, MAX_LIFETIME_DAYS, now())?;
            assert!(token.expires_at > now(), "{token:?}");
        }
        "rollback" => {
            let rollback = Rollback::read(&mut fields);
            fields.finish(Some(rollback))?;
        }
        "grant" => drop(TokenRequest::parse(fields)?),
        _ => {}
    }
    Ok(())
}

fn read_deployment(mut fields: Fields) -> Result<DeploymentRequest, Problem> {
    let person = Person { issuer: "nokube".into(), subject: "testuser".into() };
    let caller = Caller { person, login: "testuser".parse().expect("a login") };
    let limits = PlatformLimits {
        max_replicas: 20,
        apps_domain: Some("apps.example.org".parse().expect("a host")),
        has_path_routing: true,
        has_https: true,
        custom_domains: vec!["*.example.com".parse().expect("a pattern")],
        ..PlatformLimits::default()
    };
    let request = NewDeployment::read(&mut fields);
    DeploymentRequest::new(request, fields, &caller, Some(&project()), &limits, None)
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn project() -> Project {
    Project {
        id: ProjectId(1),
        name: "myapp".parse().expect("a name"),
        owner: "testuser".parse().expect("a username"),
        description: None,
        repository_url: None,
        framework: None,
        created_at: now(),
        updated_at: now(),
        unknown_fields: Default::default(),
    }
}
