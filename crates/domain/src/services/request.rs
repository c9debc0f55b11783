//! The fields of requests that save a service.

use crate::{
    UnknownFields,
    builds::{GitRef, NewSource},
    deployments::check_entries,
    fields::Fields,
    previews::{
        MAX_BASE_BRANCHES, MAX_PREVIEW_SECRETS, PR_NUMBER, PREVIEW_URL, PreviewMode,
        PreviewSettings,
    },
    pushes::{MAX_WATCH_PATHS, WatchPath},
    request,
};
use serde_json::json;
use std::collections::BTreeMap;

request! {
    /// Whether pushes build a service, and which.
    pub struct NewAutomation {
        /// Whether pushes to the branch build the service. It needs a branch of a repository on which the platform's
        /// GitHub App is installed. You become responsible: pushes build as long as you may read the repository and
        /// are a developer or the owner of the project, and until 90 days after your last sign-in. To send `true` again
        /// confirms it for 90 days.
        build_on_push: bool = false;
        /// Globs of the files that concern the service, from the repository's root, at most 20. `*` and `?` match within
        /// a name, `**` any number of directories. Without any, it is the files in `context`, and the Dockerfile.
        watch_paths: Vec<WatchPath> = json!([]);
        /// Whether the builds that pushes start are deployed, each once it has succeeded. It needs `build_on_push`. What
        /// is deployed is the build with the saved configuration or, if none is saved, with that of the last release.
        /// After a rollback or a stop nothing is deployed until somebody resumes it.
        deploy_on_build: bool = false;
        /// Whether the file nokube.toml in the root of the branch says how the service is built, what is watched of it and
        /// how it is deployed. It needs `build_on_push`. Its fields win over what is saved, and cannot be changed by
        /// requests. A push with an invalid file builds nothing. Pull requests use the file of the service's branch.
        use_config_file: bool = false;
        /// What is done for pull requests to the repository: `off`, `build` or `deploy`. It needs `build_on_push`. A
        /// preview has one pod, no volume, and an address of its own. A pull request from a fork is built only once a
        /// developer has approved its commit.
        previews: PreviewMode = "off";
        /// Pull requests that are to be merged into these branches have previews; at most 10 branches. Without any, it is
        /// the branch of the service.
        preview_base_branches: Vec<GitRef> = json!([]);
        /// The environment variables of previews. They get none of the service's own. `PR_NUMBER` and `PREVIEW_URL` are
        /// added: the number of the pull request, and the address of the preview if it has one.
        preview_env_vars: BTreeMap<String, String> = json!({});
        /// The names of the saved secrets that previews get, at most 50. Who can push to a pull request can read them.
        preview_secrets: Vec<String> = json!([]);
    }
}

impl NewAutomation {
    /// Checks what concerns several fields, and the names.
    fn check(&self, fields: &mut Fields) {
        let list_is_too_long = [
            ("watch_paths", self.watch_paths.as_ref().map(Vec::len), MAX_WATCH_PATHS, "paths"),
            (
                "preview_base_branches",
                self.preview_base_branches.as_ref().map(Vec::len),
                MAX_BASE_BRANCHES,
                "branches",
            ),
            (
                "preview_secrets",
                self.preview_secrets.as_ref().map(Vec::len),
                MAX_PREVIEW_SECRETS,
                "names",
            ),
        ];
        for (field, length, max, what) in list_is_too_long {
            if length.is_some_and(|length| length > max) {
                fields.add_error(field, format!("must be at most {max} {what}"));
            }
        }
        self.check_needed(fields);
        self.check_names(fields);
    }

    /// Checks that the switches are on that others need.
    fn check_needed(&self, fields: &mut Fields) {
        if self.build_on_push == Some(false) {
            const NEEDED: &str = "needs build_on_push: true";
            if self.deploy_on_build == Some(true) {
                fields.add_error("deploy_on_build", NEEDED);
            }
            if self.use_config_file == Some(true) {
                fields.add_error("use_config_file", NEEDED);
            }
            if self.previews.is_some_and(|mode| mode != PreviewMode::Off) {
                fields.add_error("previews", NEEDED);
            }
        }
        if self.previews != Some(PreviewMode::Off) {
            return;
        }
        let is_set = [
            ("preview_base_branches", self.preview_base_branches.as_ref().map(Vec::is_empty)),
            ("preview_env_vars", self.preview_env_vars.as_ref().map(BTreeMap::is_empty)),
            ("preview_secrets", self.preview_secrets.as_ref().map(Vec::is_empty)),
        ];
        for (field, _) in is_set.into_iter().filter(|(_, is_empty)| *is_empty == Some(false)) {
            fields.add_error(field, "needs previews: build or deploy");
        }
    }

    fn check_names(&self, fields: &mut Fields) {
        let variables = self.preview_env_vars.iter().flatten();
        let secrets = self.preview_secrets.iter().flatten();
        let entries = variables.clone().map(|(name, value)| (name, Some(value.as_str())));
        check_entries(fields, "preview_env_vars", entries);
        check_entries(fields, "preview_secrets", secrets.clone().map(|name| (name, None)));
        let is_reserved = |name: &&String| [PR_NUMBER, PREVIEW_URL].contains(&name.as_str());
        for (name, _) in variables.filter(|(name, _)| is_reserved(name)) {
            fields.add_error(&format!("preview_env_vars.{name}"), "is set by the platform");
        }
        for name in secrets {
            let field = format!("preview_secrets.{name}");
            if is_reserved(&name) {
                fields.add_error(&field, "is set by the platform");
            }
            if self.preview_env_vars.as_ref().is_some_and(|all| all.contains_key(name)) {
                fields.add_error(&field, "is among preview_env_vars too; leave one of the two out");
            }
        }
    }

    /// Whether it decides that something is deployed later, be it as a preview, or with which configuration.
    pub fn deploys(&self) -> bool {
        self.deploy_on_build == Some(true)
            || self.use_config_file == Some(true)
            || self.previews == Some(PreviewMode::Deploy)
    }

    /// What is to be saved about previews; `None` if they are off. `since` is when they were switched on.
    pub fn preview_settings(&self, since: u32) -> Option<PreviewSettings> {
        let mode = self.previews.filter(|mode| *mode != PreviewMode::Off)?;
        let mut base_branches = Vec::new();
        for branch in self.preview_base_branches.iter().flatten().map(ToString::to_string) {
            if !base_branches.contains(&branch) {
                base_branches.push(branch);
            }
        }
        Some(PreviewSettings {
            mode,
            since,
            base_branches,
            variables: self.preview_env_vars.clone().unwrap_or_default(),
            secrets: self.preview_secrets.iter().flatten().cloned().collect(),
            unknown_fields: UnknownFields::default(),
        })
    }
}

/// What is to be saved of a service.
pub struct NewService {
    pub source: NewSource,
    pub automation: NewAutomation,
}

impl NewService {
    /// Takes the fields. Each invalid one is an error.
    pub fn read(fields: &mut Fields) -> Self {
        let source = NewSource::read(fields);
        let automation = NewAutomation::read(fields);
        automation.check(fields);
        Self { source, automation }
    }
}

/// A change of what is saved of a service.
#[cfg(feature = "schema")]
pub struct SourceChange;

#[cfg(feature = "schema")]
mod schema {
    use super::{NewAutomation, NewService, NewSource, SourceChange};
    use crate::schema::{FieldDescription, FieldSchema, Schemas, object};
    use std::borrow::Cow;
    use utoipa::{PartialSchema, ToSchema};

    fn fields() -> impl Iterator<Item = FieldDescription> {
        NewSource::descriptions().into_iter().chain(NewAutomation::descriptions())
    }

    impl PartialSchema for NewService {
        fn schema() -> FieldSchema {
            object(&["What a service is built from, how, and when."], fields().collect())
        }
    }

    impl ToSchema for NewService {
        fn name() -> Cow<'static, str> {
            "NewSource".into()
        }

        fn schemas(schemas: &mut Schemas) {
            NewSource::schemas(schemas);
            NewAutomation::schemas(schemas);
        }
    }

    impl PartialSchema for SourceChange {
        fn schema() -> FieldSchema {
            let fields = fields().map(|field| FieldDescription {
                is_required: false,
                default: None,
                ..field
            });
            let docs = [
                "A change of what a service is built from. What is not sent stays as it is; `null` stands for the \
                 default. The fields about the Dockerfile are one choice: if one of them is sent, the others are \
                 dropped. While pushes build the service, you become responsible for it.",
            ];
            object(&docs, fields.collect())
        }
    }

    impl ToSchema for SourceChange {
        fn name() -> Cow<'static, str> {
            "SourceChange".into()
        }

        fn schemas(schemas: &mut Schemas) {
            NewService::schemas(schemas);
        }
    }
}
