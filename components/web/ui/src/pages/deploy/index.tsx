// The deploy page: for a build, for any image, or to change a deployment.
import { useSearchParams } from "wouter-preact";
import { hasRole } from "../../api/project";
import { useQuery } from "../../api/query";
import { Page, QueryView } from "../../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../../components/project";
import { useMessages } from "../../i18n";
import { DeployFormPage } from "./form";
import { loadDeployForm } from "./load-form";

export function DeployPage({ id }: { id: number }) {
  const t = useMessages();
  const [search] = useSearchParams();
  const build = search.get("build");
  const deployment = search.get("deployment");
  const result = useQuery((signal) => loadDeployForm(id, build, deployment, signal), [id, build, deployment]);
  return (
    <QueryView result={result}>
      {(data) =>
        hasRole(data.project, "developer") ? (
          <DeployFormPage key={`${build} ${deployment}`} draftKey={`${id} ${build} ${deployment}`} {...data} />
        ) : (
          <Page
            title={t.deploy.title(data.initial.image_name || t.deploy.image)}
            breadcrumbs={projectBreadcrumbs(t, data.project)}
          >
            <ReadOnlyNotice project={data.project} />
          </Page>
        )
      }
    </QueryView>
  );
}
