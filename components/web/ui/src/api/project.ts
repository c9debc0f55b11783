// A project, and what the user may do in it.
import { api, unwrap } from "./client";
import { useQuery, type QueryResult } from "./query";
import type { Project, Role } from "./types";

export function fetchProject(id: number, signal: AbortSignal): Promise<Project> {
  return unwrap(api.GET("/api/v1/projects/{project}", { params: { path: { project: id } }, signal }));
}

export function useProject(id: number): QueryResult<Project> {
  return useQuery((signal) => fetchProject(id, signal), [id]);
}

/** The project of a build or a deployment; without a value while either is loading. */
export function useProjectOf(child: { project_id: number } | undefined): Project | null | undefined {
  const id = child?.project_id;
  return useQuery(async (signal) => (id === undefined ? null : fetchProject(id, signal)), [id]).data;
}

/** From the least to the most privileged. */
const ROLES: readonly Role[] = ["viewer", "developer", "owner"];

/** Whether the user has at least `role`; `false` while the project is loading. */
export function hasRole(project: Project | null | undefined, role: Role): boolean {
  return project ? ROLES.indexOf(project.role) >= ROLES.indexOf(role) : false;
}
