//! `GET /api/v1/repositories/{repository}/branches`: the branches of a repository that the caller may read.

use crate::github::{GitHub, branches, find_readable};
use http::StatusCode;
use nokube_domain::{Problem, responses::BranchList};
use nokube_edge::{Call, Reply, Result};

/// How many branches are shown.
const MAX_SHOWN: usize = 20;
const MAX_QUERY: usize = 255;

pub async fn list(call: Call) -> Result<Reply> {
    call.allow_query_parameters(&["query"])?;
    let id: u64 = call.path_parameter("repository", "repository")?;
    let prefix = call.query("query").unwrap_or_default();
    if prefix.len() > MAX_QUERY || prefix.chars().any(char::is_control) {
        let detail = format!("must be the beginning of a branch's name, at most {MAX_QUERY} bytes");
        return Err(Problem::invalid_field("query", detail).into());
    }
    let github = GitHub::new().await?;
    let found = find_readable(&github, &call, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("repository"))?;
    let branches = branches(&github, &found.at, found.private, prefix, MAX_SHOWN).await?;
    let list = BranchList { branches, default_branch: found.default_branch };
    Ok(Reply::json(StatusCode::OK, &list))
}

#[cfg(feature = "openapi")]
pub mod openapi {
    use nokube_contract::prelude::*;

    pub fn list() -> Operation {
        Operation::new("findBranches", "Find branches of a repository")
            .description(
                "`repository` is GitHub's number of a repository that you may read. If thousands of branches \
                 match, none is listed: send more of the name.",
            )
            .query_parameter("query", schemas::string(), "The beginning of the name.")
            .json_response::<BranchList>(
                200,
                "The branches.",
                json!({ "branches": ["main", "release"], "default_branch": "main" }),
            )
            .problem(
                ProblemKind::Invalid,
                "query: must be the beginning of a branch's name, at most 255 bytes",
            )
            .not_found("repository")
            .calls_github()
    }
}
