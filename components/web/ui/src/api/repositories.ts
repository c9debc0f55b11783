// Looks for repositories that the user can read and that have the platform's GitHub App, and for their branches.
import { api, unwrap } from "./client";
import { repositoryQuery } from "./repository-name";
import type { BranchesFound, RepositoryFound } from "./types";

/** Shorter parts of a name match too much. Without a name, the API lists those of the user's own account first. */
const MIN_QUERY_LENGTH = 2;

/** Repositories that match a part of their address or name; none if the text is too short to look for it. */
export async function findRepositories(text: string, signal: AbortSignal): Promise<RepositoryFound[]> {
  const query = repositoryQuery(text);
  if (query.length > 0 && query.length < MIN_QUERY_LENGTH) return [];
  const { repositories } = await unwrap(api.GET("/api/v1/repositories", { params: { query: { query } }, signal }));
  return repositories;
}

/** The branches of a repository whose names begin with `prefix`. */
export function findBranches(repository: number, prefix: string, signal: AbortSignal): Promise<BranchesFound> {
  const params = { path: { repository }, query: { query: prefix } };
  return unwrap(api.GET("/api/v1/repositories/{repository}/branches", { params, signal }));
}
