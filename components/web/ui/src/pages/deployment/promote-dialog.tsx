// Deploys what runs here in another project of the user.
import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { useAction } from "../../api/action";
import { api, unwrap } from "../../api/client";
import { hasRole } from "../../api/project";
import { useQuery } from "../../api/query";
import type { Deployment, Project } from "../../api/types";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { Field, TextField } from "../../components/fields";
import { QueryView } from "../../components/page";
import { fieldLabel } from "../../forms/field-label";
import { useMessages } from "../../i18n";

interface PromoteDialogProps {
  deployment: Deployment;
  onClose: () => void;
}

export function PromoteDialog({ deployment, onClose }: PromoteDialogProps) {
  const t = useMessages();
  const [, navigate] = useLocation();
  const { busy, error, run } = useAction();
  const projects = useQuery((signal) => fetchTargets(deployment.project_id, signal), [deployment.project_id]);
  const [project, setProject] = useState("");
  const [service, setService] = useState(deployment.service_name);
  const promote = () =>
    void run(async () => {
      const body = { project_id: Number(project), service_name: service.trim(), release_of: deployment.deployment_id };
      const response = await unwrap(api.POST("/api/v1/deploy", { body }));
      if ("deployment_id" in response) navigate(`/deployments/${response.deployment_id}`);
    });
  return (
    <ConfirmDialog
      title={t.promotion.title(deployment.display_name)}
      action={t.promotion.submit}
      busy={busy || project === ""}
      error={error}
      label={(field) => fieldLabel(field, t)}
      onConfirm={promote}
      onClose={onClose}
    >
      <p>{t.promotion.hint}</p>
      <QueryView result={projects}>
        {(projects) =>
          projects.length === 0 ? (
            <p>{t.promotion.noProject}</p>
          ) : (
            <>
              <Field name="project_id" label={t.promotion.project}>
                {(attributes) => (
                  <select {...attributes} value={project} onChange={(event) => setProject(event.currentTarget.value)}>
                    <option value="">–</option>
                    {projects.map(({ id, name, owner }) => (
                      // Names are unique only among the projects of an owner.
                      <option key={id} value={id}>
                        {`${name} (${owner})`}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <TextField
                name="service_name"
                label={t.promotion.service}
                hint={t.promotion.replaces}
                value={service}
                onChange={setService}
                required
              />
            </>
          )
        }
      </QueryView>
    </ConfirmDialog>
  );
}

/** The API's maximum of projects in a response. */
const MAX_PROJECTS = 200;

/** The other projects that the user may deploy to. */
async function fetchTargets(source: number, signal: AbortSignal): Promise<Project[]> {
  const params = { query: { limit: MAX_PROJECTS } };
  const { projects } = await unwrap(api.GET("/api/v1/projects", { params, signal }));
  return projects.filter((project) => project.id !== source && hasRole(project, "developer"));
}
