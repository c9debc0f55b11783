//! The request that changes what is saved of a service.

use crate::{Error, Result, args::services::SetService, text};
use serde_json::{Map, Value, json};

/// The fields of `PUT` or `PATCH …/services/{service}` that the options stand for.
///
/// # Errors
/// An option is no `NAME=VALUE`.
pub fn fields(args: &SetService) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    set("repository_url", args.repository.as_ref().map(|url| json!(url)));
    set("branch", args.branch.as_ref().map(text_or_default));
    set("context", args.context.as_ref().map(text_or_default));
    if let Some(path) = &args.dockerfile {
        set("has_dockerfile", Some(json!(true)));
        set("dockerfile_path", Some(json!(path)));
        set("dockerfile_content", Some(Value::Null));
    }
    if args.buildpacks {
        set("has_dockerfile", Some(json!(false)));
        set("dockerfile_path", Some(Value::Null));
        set("dockerfile_content", Some(Value::Null));
    }
    set("build_args", pairs(&args.build_args)?);
    let switch = |value: Option<_>| value.map(|on| json!(bool::from(on)));
    set("submodules", switch(args.submodules));
    set("lfs", switch(args.lfs));
    set("build_on_push", switch(args.build_on_push));
    set("deploy_on_build", switch(args.deploy_on_build));
    set("use_config_file", switch(args.config_file));
    set("watch_paths", list(&args.watch_paths));
    set("previews", args.previews.as_ref().map(|mode| json!(mode)));
    set("preview_base_branches", list(&args.preview_base_branches));
    set("preview_env_vars", pairs(&args.preview_env)?);
    set("preview_secrets", list(&args.preview_secrets));
    Ok(fields)
}

/// `null`, which stands for the default, if the text is empty.
fn text_or_default(text: &String) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// The values of an option that may be given several times; one empty value stands for an empty list.
fn list(values: &[String]) -> Option<Value> {
    let texts: Vec<_> = values.iter().filter(|value| !value.is_empty()).collect();
    (!values.is_empty()).then(|| json!(texts))
}

fn pairs(values: &[String]) -> Result<Option<Value>> {
    let mut pairs = Map::new();
    for pair in values.iter().filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Error::usage(text!(
                "'{pair}' is no NAME=VALUE",
                "'{pair}' n’est pas un NOM=VALEUR"
            )));
        };
        pairs.insert(name.to_owned(), json!(value));
    }
    Ok((!values.is_empty()).then_some(Value::Object(pairs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command, services::ServicesCommand};
    use clap::Parser;

    fn request(options: &[&str]) -> Value {
        let arguments = ["nokube", "services", "set", "web"].iter().chain(options);
        let cli = Cli::try_parse_from(arguments).unwrap();
        let Command::Services(services) = cli.command else { unreachable!() };
        let Some(ServicesCommand::Set(args)) = services.command else { unreachable!() };
        Value::Object(fields(&args).unwrap())
    }

    #[test]
    fn only_what_is_given_is_sent() {
        assert_eq!(request(&[]), json!({}));
        assert_eq!(
            request(&["--build-on-push", "on", "--config-file", "off", "--previews", "deploy"]),
            json!({ "build_on_push": true, "use_config_file": false, "previews": "deploy" })
        );
    }

    #[test]
    fn a_dockerfile_and_buildpacks_are_one_choice() {
        let dockerfile = json!({
            "has_dockerfile": true, "dockerfile_path": "web/Dockerfile", "dockerfile_content": null,
        });
        assert_eq!(request(&["--dockerfile", "web/Dockerfile"]), dockerfile);
        let buildpacks =
            json!({ "has_dockerfile": false, "dockerfile_path": null, "dockerfile_content": null });
        assert_eq!(request(&["--buildpacks"]), buildpacks);
    }

    #[test]
    fn an_empty_value_takes_the_default_again() {
        assert_eq!(request(&["--branch", ""]), json!({ "branch": null }));
        assert_eq!(request(&["--watch-path", ""]), json!({ "watch_paths": [] }));
        assert_eq!(
            request(&["--watch-path", "a/**", "--watch-path", "b", "--build-arg", "A=1=2"]),
            json!({ "watch_paths": ["a/**", "b"], "build_args": { "A": "1=2" } })
        );
        assert_eq!(request(&["--preview-env", ""]), json!({ "preview_env_vars": {} }));
    }
}
