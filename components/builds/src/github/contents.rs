//! The configuration file of a commit.

use super::{
    branches::{Head, commit, read},
    client::{GitHub, parsed, upstream_error},
};
use http::StatusCode;
use nokube_domain::{config_file::FILE_NAME, pushes::FileContents, repository::CommitSha};
use nokube_edge::Result;
use nokube_github::{api::RepositoryPath, error::message, responses::file_contents};

/// The configuration file in the root of a commit: one request. If it seems to be missing, another one shows that the
/// commit itself can be read, because GitHub says the same of a repository that it does not show.
///
/// # Errors
/// GitHub does not say.
pub async fn config_file(
    github: &GitHub,
    at: &RepositoryPath,
    private: bool,
    sha: &CommitSha,
) -> Result<FileContents> {
    let api = &github.settings.api;
    let make = |token: &str| api.contents(at.clone(), FILE_NAME, sha, token);
    let response = read(github, at, private, make).await?;
    match response.status() {
        StatusCode::NOT_FOUND => match commit(github, at, private, sha).await? {
            Head::Commit { .. } => Ok(FileContents::Missing),
            Head::Missing => Err(upstream_error(&response)),
        },
        StatusCode::PAYLOAD_TOO_LARGE => Ok(FileContents::TooLarge),
        // Of a file of more than 100 MB.
        StatusCode::FORBIDDEN if message(&response).contains("too large") => {
            Ok(FileContents::TooLarge)
        }
        status if !status.is_success() => Err(upstream_error(&response)),
        _ => parsed(&response, file_contents(&response)),
    }
}
