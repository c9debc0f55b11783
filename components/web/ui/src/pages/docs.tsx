// The description of the API, to be read: made from the document that the platform serves.
import { Fragment } from "preact";
import { useLoad } from "../api/load";
import { useT } from "../i18n";
import { Page, Shown } from "../parts/page";
import { Section } from "../parts/small";

const document = "/api/v1/openapi.json";

interface Described {
  info: { description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> };
}

/** An answer, or the name of one that many operations share. */
interface Answer {
  $ref?: string;
  description?: string;
  content?: Record<string, Content>;
}

interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Answer>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value?: unknown }>;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  description?: string;
  default?: unknown;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
}

export function Docs() {
  const t = useT();
  const loaded = useLoad(async (signal) => {
    const answer = await fetch(document, { signal });
    if (!answer.ok) throw new TypeError("no description");
    return (await answer.json()) as Described;
  }, []);
  return (
    <Page title={t.docs.title}>
      <p>
        {t.docs.lead}{" "}
        <a href={document}>
          <code>{document}</code>
        </a>{" "}
        (OpenAPI 3.1)
      </p>
      <Shown of={loaded}>
        {(described) => (
          <div lang="en">
            <Prose text={described.info.description} />
            {groups(described).map(({ name, about, operations }) => (
              <Section key={name} title={name}>
                <Prose text={about} />
                {operations.map(([method, path, operation]) => (
                  <Shape key={method + path} method={method} path={path} of={operation} shared={described.components.responses} />
                ))}
              </Section>
            ))}
            <Section title={t.docs.schemas}>
              {Object.entries(described.components.schemas).map(([name, schema]) => (
                <details key={name} id={`schema-${name}`}>
                  <summary>
                    <code>{name}</code>
                  </summary>
                  <Properties of={schema} />
                </details>
              ))}
            </Section>
          </div>
        )}
      </Shown>
    </Page>
  );
}

type Row = [method: string, path: string, operation: Operation];

function groups(described: Described): { name: string; about: string | undefined; operations: Row[] }[] {
  const all = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Row => [method.toUpperCase(), path, operation]),
  );
  const names = [...new Set(all.map(([, , operation]) => operation.tags?.[0] ?? "API"))];
  return names.map((name) => ({
    name,
    about: described.tags?.find((tag) => tag.name === name)?.description,
    operations: all.filter(([, , operation]) => (operation.tags?.[0] ?? "API") === name),
  }));
}

/** Texts as the description writes them: paragraphs, and `code` in backticks. */
function Prose({ text = "" }: { text?: string | undefined }) {
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return (
    <>
      {paragraphs.map((paragraph, at) => (
        <p key={at}>{paragraph.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</p>
      ))}
    </>
  );
}

interface ShapeProps {
  method: string;
  path: string;
  of: Operation;
  shared: Record<string, Answer>;
}

function Shape({ method, path, of, shared }: ShapeProps) {
  const t = useT();
  const whole = (answer: Answer) => shared[answer.$ref?.split("/").at(-1) ?? ""] ?? answer;
  const body = Object.values(of.requestBody?.content ?? {})[0];
  return (
    <details class="operation" id={of.operationId}>
      <summary>
        <span class="method">{method}</span> <code>{path}</code> <span class="quiet">{of.summary}</span>
      </summary>
      <Prose text={of.description} />
      {of.parameters && of.parameters.length > 0 && (
        <>
          <h3>{t.docs.parameters}</h3>
          <dl class="facts">
            {of.parameters.map((parameter) => (
              <div key={parameter.in + parameter.name}>
                <dt>
                  <code>{parameter.name}</code> ({parameter.in}
                  {parameter.required && `, ${t.docs.required}`})
                </dt>
                <dd>
                  <Prose text={parameter.description} />
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {body && (
        <>
          <h3>{t.docs.body}</h3>
          <Kind of={body.schema} />
          <Example of={body} />
        </>
      )}
      <h3>{t.docs.answers}</h3>
      <dl class="facts">
        {Object.entries(of.responses).map(([status, answer]) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>
              <Prose text={whole(answer).description} />
              {Object.entries(whole(answer).content ?? {}).map(([type, content]) => (
                <div key={type}>
                  <code>{type}</code> <Kind of={content.schema} />
                  {status.startsWith("2") && <Example of={content} />}
                </div>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Example({ of }: { of: Content }) {
  const t = useT();
  const value = of.example ?? Object.values(of.examples ?? {})[0]?.value;
  if (value === undefined) return null;
  return (
    <details>
      <summary>{t.docs.example}</summary>
      <pre tabIndex={0}>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}

/** A type in a few words, with links to the objects in it. */
function Kind({ of }: { of: Schema | undefined }) {
  if (of === undefined) return null;
  if (of.$ref) {
    const name = of.$ref.split("/").at(-1) ?? "";
    const open = () => window.document.getElementById(`schema-${name}`)?.setAttribute("open", "");
    return (
      <a href={`#schema-${name}`} onClick={open}>
        {name}
      </a>
    );
  }
  const several = of.oneOf ?? of.anyOf ?? of.allOf;
  if (several) {
    return (
      <>
        {several.map((one, at) => (
          <Fragment key={at}>
            {at > 0 && " | "}
            <Kind of={one} />
          </Fragment>
        ))}
      </>
    );
  }
  if (of.items) {
    return (
      <>
        [<Kind of={of.items} />]
      </>
    );
  }
  if (of.enum) return <span>{of.enum.map((value) => JSON.stringify(value)).join(" | ")}</span>;
  if (of.const !== undefined) return <span>{JSON.stringify(of.const)}</span>;
  return (
    <span>
      {[of.type].flat().join(" | ")}
      {of.format && ` (${of.format})`}
    </span>
  );
}

function Properties({ of }: { of: Schema }) {
  const t = useT();
  return (
    <>
      <Prose text={of.description} />
      {of.properties === undefined ? (
        <p>
          <Kind of={of} />
        </p>
      ) : (
        <dl class="facts">
          {Object.entries(of.properties).map(([name, property]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
                {of.required?.includes(name) && ` (${t.docs.required})`}
              </dt>
              <dd>
                <Kind of={property} />
                {property.default !== undefined && ` · ${t.docs.default(JSON.stringify(property.default))}`}
                <div class="quiet">
                  <Prose text={property.description} />
                </div>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
