// The link from a section of a service to the form that changes it, for those who may.
import { Link } from "wouter-preact";
import { hasRole } from "../../api/project";
import type { Project, Service } from "../../api/types";
import { useMessages } from "../../i18n";

interface ChangeLinkProps {
  project: Project;
  service: Service;
  /** What is changed: the page has more than one of these links. */
  label: string;
}

export function ChangeLink({ project, service, label }: ChangeLinkProps) {
  const t = useMessages();
  if (!hasRole(project, "developer")) return null;
  return (
    <Link
      class="button"
      aria-label={`${t.pushes.change}${t.colon} ${label}`}
      href={`/projects/${project.id}/service?name=${service.name}`}
    >
      {t.pushes.change}
    </Link>
  );
}
