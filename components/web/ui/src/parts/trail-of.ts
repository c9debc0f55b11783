// The pages above one that belongs to a project.
import { api, content } from "../api/client";
import { useLoad } from "../api/load";
import { useT } from "../i18n";

export function useTrail(project: number | undefined): { to: string; label: string }[] {
  const t = useT();
  const { data } = useLoad(
    async (signal) => {
      if (project === undefined) return null;
      const path = { project };
      return content(api.GET("/api/v1/projects/{project}", { params: { path }, signal }));
    },
    [project],
  );
  const projects = { to: "/", label: t.nav.projects };
  return data ? [projects, { to: `/projects/${data.id}`, label: data.name }] : [projects];
}
