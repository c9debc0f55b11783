//! The fields of a service that come from the configuration file of its branch.

use super::{DOCKERFILE_FIELDS, NewSavedSource, NewService, SavedSource, record::complete_source};
use crate::{
    builds::BuildSpec,
    config_file::{FileError, FileService},
    fields::Fields,
    name::ServiceName,
    problem::Problem,
    pushes::{RecordedFile, WatchPath},
    repository::CommitSha,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

/// Why a field of a request is refused.
pub const COMES_FROM_FILE: &str = "comes from nokube.toml in the branch; change it there";

/// What a service has from the file nokube.toml of its branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ServiceConfigFile))]
pub struct ConfigFileView {
    /// The commit whose file was read last.
    pub commit_sha: CommitSha,
    /// What is wrong with the file of that commit. Then nothing is built by pushes, and the fields of the last valid
    /// file stay in effect.
    pub errors: Vec<FileError>,
    /// The fields of the source, and `watch_paths`, that come from the file. They cannot be changed by requests.
    pub build_fields: Vec<String>,
    /// The fields of the configuration that the file has. If there is one, the whole configuration comes from the
    /// file, but its `custom_domain`.
    pub deployment_fields: Vec<String>,
}

impl ConfigFileView {
    pub fn new(file: &RecordedFile) -> Self {
        let service = file.service.as_ref();
        let build = service.into_iter().flat_map(|service| service.build.keys());
        let deployment = service.and_then(|service| service.deployment.as_ref());
        Self {
            commit_sha: file.commit.clone(),
            errors: file.errors.clone(),
            build_fields: build.cloned().collect(),
            deployment_fields: deployment
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }
}

impl NewSavedSource {
    /// Checks that it fits together with what the file says: see [`SavedSource::with_file`].
    ///
    /// # Errors
    /// They do not fit together.
    pub fn check_with_file(&self, file: &FileService, web: &Url) -> Result<(), Problem> {
        with_file(&self.spec, &self.watch_paths, file, web).map(|_| ())
    }
}

/// What a service is built from, and its watch paths: what the file says, and else what is saved.
fn with_file(
    spec: &BuildSpec,
    watch_paths: &[WatchPath],
    file: &FileService,
    web: &Url,
) -> Result<(BuildSpec, Vec<WatchPath>), Problem> {
    let mut fields = Fields::from_map(Map::new());
    file.apply_to_source(&mut fields);
    complete_source(spec, &mut fields, web);
    fields.add_absent("watch_paths", json!(watch_paths));
    let (read, watch_paths) = read_source(fields, spec.service.clone(), web)?;
    let (repository, git_ref) = (spec.repository.clone(), spec.git_ref.clone());
    Ok((BuildSpec { repository, git_ref, ..read }, watch_paths))
}

/// What a request says that a service is built from, and its watch paths.
pub(crate) fn read_source(
    mut fields: Fields,
    service: ServiceName,
    web: &Url,
) -> Result<(BuildSpec, Vec<WatchPath>), Problem> {
    let NewService { source, automation } = NewService::read(&mut fields);
    let spec = BuildSpec::saved(source, Some(service), fields, web)?;
    Ok((spec, automation.watch_paths.unwrap_or_default()))
}

/// The fields of a source that a file can have, as requests and responses have them.
pub(crate) fn source_fields(spec: &BuildSpec, watch_paths: &[WatchPath]) -> Map<String, Value> {
    let (dockerfile_path, dockerfile_content) = spec.source.dockerfile();
    let fields = [
        ("context", json!(spec.context)),
        ("has_dockerfile", json!(dockerfile_path.is_some())),
        ("dockerfile_path", json!(dockerfile_path)),
        ("dockerfile_content", json!(dockerfile_content)),
        ("image_tag", json!(spec.tag)),
        ("build_args", json!(spec.build_args)),
        ("submodules", json!(spec.submodules)),
        ("lfs", json!(spec.lfs)),
        ("watch_paths", json!(watch_paths)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl SavedSource {
    /// What the service is built from: what the file says, and else what is saved. Of the branch: a pull request's ref and
    /// tag come later. `web` is the base URL of GitHub's web pages.
    ///
    /// # Errors
    /// The two do not fit together.
    pub fn with_file(&self, file: &FileService, web: &Url) -> Result<Self, Problem> {
        let (spec, watch_paths) = with_file(&self.spec, &self.watch_paths, file, web)?;
        Ok(Self { spec, watch_paths, ..self.clone() })
    }

    /// Takes the fields of a request that come from the file. Each that has another value is an error. `self` is what is
    /// in effect.
    pub fn take_fields_of_file(&self, file: &FileService, fields: &mut Fields) {
        let in_effect = source_fields(&self.spec, &self.watch_paths);
        let is_dockerfile = |name: &str| DOCKERFILE_FIELDS.contains(&name);
        let has_dockerfile = file.build.keys().any(|name| is_dockerfile(name));
        let names = file.build.keys().map(String::as_str).filter(|name| !is_dockerfile(name));
        let dockerfile = DOCKERFILE_FIELDS.into_iter().filter(|_| has_dockerfile);
        for name in names.chain(dockerfile) {
            let Some(sent) = fields.take(name) else { continue };
            let is_same = Some(&sent) == in_effect.get(name) || Some(&sent) == file.build.get(name);
            if !is_same {
                fields.add_error(name, COMES_FROM_FILE);
            }
        }
    }
}
