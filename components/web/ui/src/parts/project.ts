// A project, and the pages above those that belong to it.
import { api, content } from "../api/client";
import { useLoad, type Loaded } from "../api/load";
import type { Project } from "../api/types";
import { useT, type Messages } from "../i18n";

export function useProject(id: number): Loaded<Project> {
  return useLoad((signal) => project(id, signal), [id]);
}

function project(id: number, signal: AbortSignal): Promise<Project> {
  return content(api.GET("/api/v1/projects/{project}", { params: { path: { project: id } }, signal }));
}

interface Above {
  to: string;
  label: string;
}

/** The pages above one of a project's. */
export function above(t: Messages, project: Project | null | undefined): Above[] {
  const projects = { to: "/", label: t.nav.projects };
  return project ? [projects, { to: `/projects/${project.id}`, label: project.name }] : [projects];
}

/** The same where the project itself is not at hand. */
export function useAbove(id: number | undefined): Above[] {
  const t = useT();
  const { data } = useLoad(async (signal) => (id === undefined ? null : project(id, signal)), [id]);
  return above(t, data);
}
