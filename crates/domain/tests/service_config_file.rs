//! What a service has from the configuration file of its branch, and what requests cannot change then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Tests.

use nokube_domain::{
    builds::{BuildSpec, Source},
    config_file::{FileService, parse},
    fields::Fields,
    pushes::{FoundFile, RecordedFile},
    services::{ConfigFileView, NewSavedSource, NewService, SavedSource, ServiceRecord},
};
use serde_json::{Value, json};
use url::Url;

fn web() -> Url {
    "https://github.com".parse().unwrap()
}

fn fields(body: &Value) -> Fields {
    Fields::from_json(body.to_string().as_bytes()).unwrap()
}

fn file(text: &str) -> FileService {
    parse(text).unwrap().services.remove(&"web".parse().unwrap()).unwrap()
}

fn new_source(body: &Value) -> NewSavedSource {
    let mut fields = fields(body);
    fields.add_absent("repository_url", json!("https://github.com/acme/shop"));
    let NewService { source, automation } = NewService::read(&mut fields);
    let spec = BuildSpec::saved(source, "web".parse().ok(), fields, &web()).unwrap();
    NewSavedSource {
        spec,
        repository_id: 42,
        build_on_push: None,
        watch_paths: automation.watch_paths.unwrap(),
        deploy_on_build: false,
        use_config_file: true,
        previews: None,
    }
}

fn saved(body: Value) -> SavedSource {
    let now = "2026-11-30T10:00:00Z".parse().unwrap();
    ServiceRecord::with_source(None, new_source(&body), 1, now).source.unwrap()
}

/// The errors of a request to change a service that is built from `saved` and `file`, and what is left of the request.
fn change(saved: &SavedSource, file: &FileService, body: &Value) -> (Vec<String>, SavedSource) {
    let mut fields = fields(body);
    saved.with_file(file, &web()).unwrap().take_fields_of_file(file, &mut fields);
    saved.complete_change(&mut fields, &web());
    let NewService { source, automation } = NewService::read(&mut fields);
    let errors = match BuildSpec::saved(source, "web".parse().ok(), fields, &web()) {
        Ok(spec) => {
            let watch_paths = automation.watch_paths.unwrap();
            return (Vec::new(), SavedSource { spec, watch_paths, ..saved.clone() });
        }
        Err(problem) => problem.errors,
    };
    let errors = errors.into_iter().map(|error| format!("{}: {}", error.field, error.detail));
    (errors.collect(), saved.clone())
}

#[test]
fn the_file_wins_and_what_it_does_not_say_is_what_is_saved() {
    let saved = saved(json!({
        "branch": "main", "context": "old", "build_args": { "A": "1" }, "lfs": true,
        "watch_paths": ["old/**"],
    }));
    let text = "[services.web.build]\ncontext = \"web\"\nwatch_paths = [\"web/**\", \"lib\"]\n";
    let source = saved.with_file(&file(text), &web()).unwrap();
    let (spec, before) = (&source.spec, &saved.spec);
    assert_eq!((spec.context.as_str(), spec.lfs), ("web", true));
    assert_eq!((&spec.build_args, &spec.git_ref), (&before.build_args, &before.git_ref));
    assert_eq!((&spec.repository, spec.service.as_str()), (&before.repository, "web"));
    assert_eq!(json!(source.watch_paths), json!(["web/**", "lib"]));
    assert_eq!(
        SavedSource { spec: before.clone(), watch_paths: saved.watch_paths.clone(), ..source },
        saved
    );
    let empty = saved.with_file(&file("[services.web]\n"), &web()).unwrap();
    assert_eq!(empty, saved);
}

#[test]
fn the_fields_about_the_dockerfile_are_one_choice() {
    let pasted = saved(json!({ "dockerfile_content": "FROM nginx" }));
    let text = "[services.web.build]\ndockerfile_path = \"web/Dockerfile\"\n";
    let source = pasted.with_file(&file(text), &web()).unwrap();
    assert_eq!(source.spec.source, Source::DockerfilePath("web/Dockerfile".into()));
    let text = "[services.web.build]\nhas_dockerfile = false\n";
    let source = pasted.with_file(&file(text), &web()).unwrap();
    assert_eq!(source.spec.source, Source::Buildpacks);
}

#[test]
fn what_does_not_fit_together_is_said_with_the_name_of_the_field() {
    let large = saved(json!({ "dockerfile_content": format!("FROM a\n#{}", "x".repeat(40_000)) }));
    let argument = "y".repeat(30_000);
    let file = file(&format!("[services.web.build]\nbuild_args = {{ A = \"{argument}\" }}\n"));
    let problem = large.with_file(&file, &web()).unwrap_err();
    let found = FoundFile::does_not_fit(&"web".parse().unwrap(), &problem.errors);
    let FoundFile::Invalid(errors) = found else { panic!("{found:?}") };
    assert!(errors[0].field.starts_with("services.web.build."), "{errors:?}");
    assert!(errors[0].detail.starts_with("with what is saved of the service: "), "{errors:?}");
    let new =
        new_source(&json!({ "dockerfile_content": format!("FROM a\n#{}", "x".repeat(40_000)) }));
    assert!(new.check_with_file(&file, &web()).is_err());
}

#[test]
fn a_request_cannot_change_what_comes_from_the_file() {
    let saved = saved(json!({ "context": "old", "branch": "main", "build_args": { "A": "1" } }));
    let text = "[services.web.build]\ncontext = \"./web/\"\ndockerfile_path = \"web/Dockerfile\"\n\
                build_args = { B = \"2\" }\n";
    let file = file(text);
    let refused = "comes from nokube.toml in the branch; change it there";
    for (field, value) in [
        ("context", json!("other")),
        ("context", json!(null)),
        ("build_args", json!({})),
        ("has_dockerfile", json!(false)),
        ("dockerfile_content", json!("FROM nginx")),
        ("dockerfile_path", json!("Dockerfile")),
    ] {
        let (errors, _) = change(&saved, &file, &json!({ field: value }));
        assert_eq!(errors, [format!("{field}: {refused}")], "{value}");
    }
    // The page sends what it shows. What is saved stays what it was for the time without the file.
    let shown = json!({
        "context": "web", "has_dockerfile": true, "dockerfile_path": "web/Dockerfile",
        "dockerfile_content": null, "build_args": { "B": "2" }, "branch": "release", "lfs": true,
    });
    let (errors, changed) = change(&saved, &file, &shown);
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!((changed.spec.git_ref.as_str(), changed.spec.lfs), ("release", true));
    assert_eq!(
        (&changed.spec.context, &changed.spec.build_args),
        (&saved.spec.context, &saved.spec.build_args)
    );
    assert_eq!(changed.spec.source, saved.spec.source);
    // As it is written in the file.
    assert_eq!(change(&saved, &file, &json!({ "context": "./web/" })).0, Vec::<String>::new());
}

#[test]
fn the_switch_is_saved_and_needs_builds_on_push() {
    let mut off = fields(
        &json!({ "use_config_file": true, "repository_url": "https://github.com/acme/shop" }),
    );
    let NewService { automation, source } = NewService::read(&mut off);
    assert!(automation.deploys(), "it needs the scope to deploy");
    let problem = BuildSpec::saved(source, "web".parse().ok(), off, &web()).unwrap_err();
    assert_eq!(problem.detail, "use_config_file: needs build_on_push: true");
    let stored = serde_json::to_value(saved(json!({}))).unwrap();
    assert_eq!(stored["use_config_file"], true);
    let mut older = stored;
    older.as_object_mut().unwrap().remove("use_config_file");
    let older: SavedSource = serde_json::from_value(older).unwrap();
    assert!(!older.use_config_file);
    assert!(serde_json::to_value(&older).unwrap().get("use_config_file").is_none());
}

#[test]
fn it_is_shown_which_fields_come_from_the_file() {
    let text = "[services.web.build]\ncontext = \"web\"\nlfs = true\n\
                [services.web.deployment]\nreplicas = 2\nsecrets = [\"API_KEY\"]\n";
    let recorded = RecordedFile::valid("a".repeat(40).parse().unwrap(), file(text));
    let shown = serde_json::to_value(ConfigFileView::new(&recorded)).unwrap();
    let expected = json!({
        "commit_sha": "a".repeat(40), "errors": [], "build_fields": ["context", "lfs"],
        "deployment_fields": ["replicas"],
    });
    assert_eq!(shown, expected);
}
