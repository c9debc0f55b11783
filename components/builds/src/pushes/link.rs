//! Links a service to a repository, whose pushes build it from then on.
//!
//! Two writes more than without: the number of the push, and its record. At the first time also the place (three, and
//! two more at the repository's first one), the counter of such services, and the repository in the list of
//! `reconcile` (three). With the configuration file of the branch, one request to GitHub more the first time, and two
//! reads later. Whatever is left after a crash says nothing: the saved record names the place and the push.

use super::links::{PushPlace, take_place};
use crate::{
    config_file,
    github::{
        GitHub, Head, LinkedAccount, NEEDS_APP, RepositoryState, app_settings, head,
        installation_link, may_push, repository_state,
    },
    linked_repositories::note_linked_repository,
    settings::Credentials,
};
use nokube_domain::{
    Problem, ProjectId, UnknownFields,
    builds::BuildSpec,
    config_file::{FileError, FileService},
    name::ServiceName,
    problem::FieldError,
    pushes::{CommitSummary, FoundFile, Look, PushRecord, RecordedFile},
    repository::CommitSha,
    services::{LinkedBy, SavedSource},
};
use nokube_edge::{
    Call, Error, Result, now,
    places::TakenPlace,
    pushes::{LinkedService, file_in_effect},
    store::{Counter, Store, keys},
};
use nokube_github::api::RepositoryPath;

const FIELD: &str = "build_on_push";
const FILE_FIELD: &str = "use_config_file";

/// A service that is about to be saved. Its source was checked.
pub struct NewLink<'a> {
    pub project: ProjectId,
    pub name: &'a ServiceName,
    pub spec: &'a BuildSpec,
    pub repository_id: u64,
    /// The branch as GitHub calls it, perhaps the default branch; or a tag or a commit, which cannot be linked.
    pub branch: String,
    pub use_config_file: bool,
}

/// A link that is complete once what it says is saved.
pub struct Linking {
    project: ProjectId,
    name: ServiceName,
    repository_id: u64,
    linked: LinkedBy,
    /// `None` if the service keeps its place.
    place: Option<TakenPlace<PushPlace>>,
    /// The head from which on pushes count; `None` if they are counted already.
    head: Option<PushRecord>,
    /// What the configuration file of the branch says of the service.
    file: Option<FileService>,
}

/// Checks that pushes can build something on this platform.
///
/// # Errors
/// 422.
pub fn check_available(github: &GitHub) -> Result<()> {
    match &github.settings.credentials {
        Credentials::App(_) => Ok(()),
        Credentials::Token(_) => Err(invalid(NEEDS_APP)),
    }
}

impl Linking {
    /// Makes the caller responsible for the builds of a service. `number` was taken before GitHub was asked where the
    /// branch points to. `earlier` is what was saved before.
    ///
    /// # Errors
    /// 422 if the source is no branch, or the App is not installed; 409 if there is no place.
    pub async fn begin(
        store: &Store,
        github: &GitHub,
        call: &Call,
        new: NewLink<'_>,
        earlier: Option<&SavedSource>,
        number: u32,
    ) -> Result<Self> {
        let NewLink { project, name, spec, repository_id, branch, use_config_file } = new;
        let at = RepositoryPath::Id(repository_id);
        let private = check_installed(github, repository_id).await?;
        let commit = head_of(github, &at, private, &branch).await?;
        let earlier = earlier.filter(|earlier| earlier.repository_id == repository_id);
        let earlier = earlier.and_then(|it| Some((it, it.build_on_push.as_ref()?)));
        // Pushes go on to count if the branch is the same one, and its file counts or not as before.
        let same = earlier.filter(|(source, _)| {
            source.spec.git_ref == spec.git_ref && source.use_config_file == use_config_file
        });
        let file = match same {
            _ if !use_config_file => None,
            Some((source, linked)) => in_effect(store, project, name, source, linked).await?,
            None => Some(read_file(github, &at, private, &commit.sha, name).await?),
        };
        let may_push = may_push(github, &at, &LinkedAccount::of_caller(call)?).await?;
        let (place, token) = match earlier {
            Some((_, linked)) if linked.may_push == may_push => (None, linked.place),
            // Its place is among those of people who may push, or of others.
            Some(_) | None => {
                let (place, token) =
                    take_place(store, project, name, repository_id, may_push).await?;
                (Some(place), token)
            }
        };
        let since = same.map_or(number, |(_, linked)| linked.since);
        let (at, pull_request, event, work) = (now(), None, None, None);
        let look = Look { number, at, repository_id, since, branch, pull_request, event, work };
        let caller = call.caller()?;
        let linked = LinkedBy {
            person: caller.person.clone(),
            login: caller.login.clone(),
            github_identity: call.github_identity()?,
            enabled_at: now(),
            since,
            place: token,
            may_push,
            unknown_fields: UnknownFields::default(),
        };
        let config_file = file.clone().map(|file| RecordedFile::valid(commit.sha.clone(), file));
        let head = same.is_none().then(|| PushRecord { config_file, ..look.linked(commit) });
        Ok(Self { project, name: name.clone(), repository_id, linked, place, head, file })
    }

    pub fn linked_by(&self) -> LinkedBy {
        self.linked.clone()
    }

    /// What the configuration file says of the service, if it is used.
    pub fn file(&self) -> Option<&FileService> {
        self.file.as_ref()
    }

    /// Whether the service may still be saved.
    pub fn is_valid(&self) -> bool {
        self.place.as_ref().is_none_or(TakenPlace::is_valid)
    }

    /// Stores the head with which the first push is compared, so that it is there before any push counts.
    ///
    /// # Errors
    /// The store failed.
    pub async fn store_head(&self, store: &Store) -> Result<()> {
        if self.place.is_some() {
            store.increment(&Counter::push_services(self.repository_id)).await?;
            note_linked_repository(store, self.repository_id).await?;
        }
        match &self.head {
            Some(head) => store.set(keys::push(self.project, &self.name, head.number), head).await,
            None => Ok(()),
        }
    }

    /// Says that the service was saved.
    ///
    /// # Errors
    /// The store failed.
    pub async fn settle(self, store: &Store) -> Result<()> {
        match self.place {
            Some(place) => place.settle(store).await,
            None => Ok(()),
        }
    }
}

/// What the configuration file says of a service that is linked already.
async fn in_effect(
    store: &Store,
    project: ProjectId,
    name: &ServiceName,
    source: &SavedSource,
    linked: &LinkedBy,
) -> Result<Option<FileService>> {
    let (name, source, linked) = (name.clone(), source.clone(), linked.clone());
    let service = LinkedService { project, name, source, linked, pull_request: None };
    file_in_effect(store, &service).await
}

/// What the file of a commit says of a service that is about to use it.
async fn read_file(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    sha: &CommitSha,
    name: &ServiceName,
) -> Result<FileService> {
    let file = config_file::read(github, at, private, sha).await?;
    match FoundFile::of_service(&file, name) {
        FoundFile::Valid(file) => Ok(file),
        FoundFile::Invalid(errors) => {
            let error = |error: FileError| FieldError::new(FILE_FIELD, error.to_string());
            Err(Problem::invalid(errors.into_iter().map(error).collect()).into())
        }
    }
}

/// Checks that the App is installed on the repository. Returns whether it is private.
async fn check_installed(github: &GitHub, repository_id: u64) -> Result<bool> {
    match repository_state(github, repository_id).await? {
        RepositoryState::Present { private, .. } => Ok(private),
        RepositoryState::NotInstalled { .. } | RepositoryState::Missing => {
            let link = installation_link(&app_settings(github).await?);
            Err(invalid(format!(
                "needs the platform's GitHub App on the repository, or GitHub reports no pushes. Its owner can \
                 install it at {link}"
            )))
        }
    }
}

/// The head of a branch.
async fn head_of(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    branch: &str,
) -> Result<CommitSummary> {
    match head(github, at, private, branch).await? {
        Head::Commit { summary, .. } => Ok(summary),
        Head::Missing => Err(invalid(format!(
            "needs a branch, and '{branch}' is none: pushes do not change tags and commits"
        ))),
    }
}

fn invalid(detail: impl Into<String>) -> Error {
    Problem::invalid_field(FIELD, detail).into()
}
