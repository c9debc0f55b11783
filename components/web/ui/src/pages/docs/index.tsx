// The API documentation, rendered from the platform's OpenAPI document.
import { useQuery } from "../../api/query";
import { Page, QueryView } from "../../components/page";
import { Section } from "../../components/section";
import { useMessages } from "../../i18n";
import { DOCUMENT_PATH, groupByTag, type ApiDocument } from "./openapi";
import { OperationDetails } from "./operation";
import { Prose } from "./prose";
import { SchemaProperties } from "./schema";

export function DocsPage() {
  const t = useMessages();
  const result = useQuery(async (signal) => {
    const response = await fetch(DOCUMENT_PATH, { signal });
    if (!response.ok) throw new TypeError("the API document could not be loaded");
    return (await response.json()) as ApiDocument;
  }, []);
  return (
    <Page title={t.docs.title}>
      <p>
        {t.docs.lead}{" "}
        <a href={DOCUMENT_PATH}>
          <code>{DOCUMENT_PATH}</code>
        </a>{" "}
        (OpenAPI 3.1)
      </p>
      <QueryView result={result}>
        {(document) => (
          <div lang="en">
            <Prose text={document.info.description} />
            {groupByTag(document).map(({ name, description, operations }) => (
              <Section key={name} title={name}>
                <Prose text={description} />
                {operations.map((entry) => (
                  <OperationDetails key={entry.method + entry.path} {...entry} shared={document.components.responses} />
                ))}
              </Section>
            ))}
            <Section title={t.docs.schemas}>
              {Object.entries(document.components.schemas).map(([name, schema]) => (
                <details key={name} id={`schema-${name}`}>
                  <summary>
                    <code>{name}</code>
                  </summary>
                  <SchemaProperties schema={schema} />
                </details>
              ))}
            </Section>
          </div>
        )}
      </QueryView>
    </Page>
  );
}
