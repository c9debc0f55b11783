// The source of a service: what a build of it builds, and how.
import { useSearchParams } from "wouter-preact";
import { hasRole } from "../../api/project";
import { useQuery } from "../../api/query";
import { Page, QueryView } from "../../components/page";
import { projectBreadcrumbs, ReadOnlyNotice } from "../../components/project";
import { useMessages } from "../../i18n";
import { ServiceSourceForm } from "./form";
import { loadServiceForm } from "./load-form";
import { RemoveSource } from "./remove-source";

export function ServiceFormPage({ id }: { id: number }) {
  const t = useMessages();
  const [search] = useSearchParams();
  const name = search.get("name");
  const result = useQuery((signal) => loadServiceForm(id, name, signal), [id, name]);
  return (
    <QueryView result={result}>
      {(data) => (
        <Page
          title={name === null ? t.service.new : t.service.title(name)}
          breadcrumbs={projectBreadcrumbs(t, data.project)}
        >
          {hasRole(data.project, "developer") ? (
            <>
              <ServiceSourceForm key={name} draftKey={`${id} ${name}`} {...data} />
              {data.service?.source && <RemoveSource service={data.service} />}
            </>
          ) : (
            <ReadOnlyNotice project={data.project} />
          )}
        </Page>
      )}
    </QueryView>
  );
}
