//! The nokube.toml of services that were found.

use crate::{
    detect::{Build, DEFAULT_PORT, Draft, DraftField, DraftService, Found, process_program},
    text,
};
use toml_edit::Array;

pub fn of(services: &[Found], project: Option<String>) -> Draft {
    Draft { project, services: services.iter().map(service).collect() }
}

fn service(found: &Found) -> DraftService {
    let deployment = match &found.process {
        Some(process) => worker(process),
        None => vec![port(found)],
    };
    DraftService {
        name: found.name.clone(),
        comments: comments(found),
        build: build(found),
        deployment,
        env_vars: Vec::new(),
        suggestions: suggestions(&found.name),
    }
}

fn comments(found: &Found) -> Vec<String> {
    let Build::Buildpacks { language } = &found.build else { return Vec::new() };
    let language = language.map(|language| format!(" ({language})")).unwrap_or_default();
    vec![text!("Built with buildpacks{language}.", "Construit par des buildpacks{language}.")]
}

fn build(found: &Found) -> Vec<DraftField> {
    let context =
        (found.context != ".").then(|| DraftField::new("context", found.context.as_str()));
    let dockerfile = match &found.build {
        Build::Dockerfile { path } => Some(DraftField::new("dockerfile_path", path.as_str())),
        Build::Buildpacks { .. } => None,
    };
    context.into_iter().chain(dockerfile).collect()
}

fn port(found: &Found) -> DraftField {
    let field = DraftField::new("container_port", i64::from(found.port.unwrap_or(DEFAULT_PORT)));
    field.comment(text!(
        "The port that the program listens on. It gets it as the variable PORT.",
        "Le port sur lequel le programme écoute. Il le reçoit dans la variable PORT."
    ))
}

fn worker(process: &str) -> Vec<DraftField> {
    let command = DraftField::new("command", Array::from_iter([process_program(process)]));
    let line =
        text!("The process {process} of the Procfile.", "Le processus {process} du Procfile.");
    vec![DraftField::new("service_type", "worker"), command.comment(line)]
}

fn suggestions(service: &str) -> Vec<String> {
    vec![
        "replicas = 2".into(),
        "memory_limit = \"512Mi\"".into(),
        "env_vars = { COLOUR = \"red\" }".into(),
        format!("secrets = [\"API_KEY\"] # nokube secrets set --service {service} API_KEY"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use nokube_domain::config_file;

    fn found(name: &str, build: Build) -> Found {
        Found { name: name.into(), context: ".".into(), build, port: None, process: None }
    }

    #[test]
    fn the_file_is_short_and_valid() {
        let web = Found {
            context: "web".into(),
            port: Some(8080),
            ..found("web", Build::Dockerfile { path: "web/Dockerfile".into() })
        };
        let worker = Found {
            process: Some("mail".into()),
            ..found("mail", Build::Buildpacks { language: Some("Python") })
        };
        let text = of(&[web, worker], Some("shop".into())).render();
        assert_eq!(
            text,
            r#"# The services of this repository, for NoKube: `nokube up` builds and deploys them.
project = "shop"

[services.web.build]
context = "web"
dockerfile_path = "web/Dockerfile"

[services.web.deployment]
# The port that the program listens on. It gets it as the variable PORT.
container_port = 8080
# replicas = 2
# memory_limit = "512Mi"
# env_vars = { COLOUR = "red" }
# secrets = ["API_KEY"] # nokube secrets set --service web API_KEY

# Built with buildpacks (Python).
[services.mail.deployment]
service_type = "worker"
# The process mail of the Procfile.
command = ["/cnb/process/mail"]
# replicas = 2
# memory_limit = "512Mi"
# env_vars = { COLOUR = "red" }
# secrets = ["API_KEY"] # nokube secrets set --service mail API_KEY
"#
        );
        assert_eq!(config_file::parse(&text).unwrap().services.len(), 2);
    }

    #[test]
    fn what_is_suggested_is_valid_too() {
        let text = of(&[found("web", Build::Buildpacks { language: None })], None).render();
        let uncommented: Vec<_> = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .collect();
        let file = config_file::parse(&uncommented.join("\n")).unwrap();
        let web = file.services.values().next().unwrap();
        assert_eq!(web.secrets, ["API_KEY"]);
        assert_eq!(web.deployment.as_ref().unwrap()["container_port"], DEFAULT_PORT);
    }
}
