//! What becomes of a request with what a file says.

use super::service;
use nokube_domain::{
    builds::BuildSpec, builds::Source, fields::Fields, problem::Problem, services::NewService,
};
use serde_json::{Value, json};

fn fields(body: Value) -> Fields {
    Fields::from_json(body.to_string().as_bytes()).unwrap()
}

fn source(mut fields: Fields) -> Result<BuildSpec, Problem> {
    let NewService { source, .. } = NewService::read(&mut fields);
    BuildSpec::saved(source, "a".parse().ok(), fields, &"https://github.com".parse().unwrap())
}

fn saved() -> Value {
    json!({
        "repository_url": "https://github.com/acme/shop", "context": "old", "dockerfile_content": "FROM x",
        "lfs": true, "build_on_push": true, "previews": "build",
    })
}

#[test]
fn fields_of_the_file_win_and_the_others_stay() {
    let mut request = fields(saved());
    service("[services.a.build]\ncontext = 'web'\nwatch_paths = ['web/**']")
        .apply_to_source(&mut request);
    assert_eq!(request.sent("watch_paths"), Some(&json!(["web/**"])));
    let spec = source(request).unwrap();
    assert_eq!((spec.context.as_str(), spec.lfs), ("web", true));
    assert_eq!(spec.source, Source::DockerfileContent("FROM x".into()));
}

#[test]
fn the_dockerfile_is_one_choice() {
    for (file, expected) in [
        ("has_dockerfile = false", Source::Buildpacks),
        ("has_dockerfile = true", Source::DockerfilePath("old/Dockerfile".into())),
        ("dockerfile_path = 'a/Dockerfile'", Source::DockerfilePath("a/Dockerfile".into())),
    ] {
        let mut request = fields(saved());
        service(&format!("[services.a.build]\n{file}")).apply_to_source(&mut request);
        assert_eq!(source(request).unwrap().source, expected, "{file}");
    }
}

#[test]
fn a_configuration_in_the_file_replaces_what_is_saved_but_the_domain() {
    let saved =
        json!({ "replicas": 5, "custom_domain": "a.example.org", "env_vars": { "A": "1" } });
    let applied = |text: &str| {
        let mut request = fields(saved.clone());
        service(text).apply_to_configuration(&mut request);
        ["replicas", "custom_domain", "env_vars"].map(|field| request.has(field))
    };
    assert_eq!(applied("[services.a]"), [true, true, true], "the file says nothing");
    assert_eq!(applied("[services.a.deployment]"), [false, true, false]);
    assert_eq!(applied("[services.a.deployment]\nreplicas = 1"), [true, true, false]);
    for without_domain in
        ["exposure_type = 'internal'", "service_type = 'worker'", "custom_path = '/a'"]
    {
        let text = format!("[services.a.deployment]\n{without_domain}");
        assert_eq!(applied(&text), [false, false, false], "{without_domain}");
    }
}
