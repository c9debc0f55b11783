// What all pages of a project show.
import { hasRole } from "../api/project";
import type { Project } from "../api/types";
import { useMessages, type Messages } from "../i18n";
import type { Breadcrumb } from "./page";

export function projectBreadcrumbs(t: Messages, project: Project | null | undefined): Breadcrumb[] {
  const projects = { href: "/", label: t.nav.projects };
  return project ? [projects, { href: `/projects/${project.id}`, label: project.name }] : [projects];
}

/** Tells a viewer why the buttons are missing, and whom to ask. */
export function ReadOnlyNotice({ project }: { project: Project | null | undefined }) {
  const t = useMessages();
  if (!project || hasRole(project, "developer")) return null;
  return <p class="muted">{t.project.readOnly(project.owner)}</p>;
}
