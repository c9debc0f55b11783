// A project, what whoever looks may do in it, and the pages above those that belong to it.
import { api, content } from "../api/client";
import { useLoad, type Loaded } from "../api/load";
import type { Project, Role } from "../api/types";
import { useT, type Messages } from "../i18n";

export function useProject(id: number): Loaded<Project> {
  return useLoad((signal) => projectOf(id, signal), [id]);
}

/** The project of something that may be on the way itself. */
export function useProjectOf(one: { project_id: number } | undefined): Project | null | undefined {
  const id = one?.project_id;
  return useLoad(async (signal) => (id === undefined ? null : projectOf(id, signal)), [id]).data;
}

export function projectOf(id: number, signal: AbortSignal): Promise<Project> {
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

const order: readonly Role[] = ["viewer", "developer", "owner"];

/** May whoever looks do in it what takes this role? As long as that is not known, nothing is offered. */
export function may(project: Project | null | undefined, least: Role): boolean {
  return project ? order.indexOf(project.role) >= order.indexOf(least) : false;
}

/** In place of what a viewer would be refused: why it is not there, and who can help. */
export function LookOnly({ project }: { project: Project | null | undefined }) {
  const t = useT();
  if (!project || may(project, "developer")) return null;
  return <p class="quiet">{t.project.lookOnly(project.owner)}</p>;
}
