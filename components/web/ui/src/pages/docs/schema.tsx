// Schemas of the API documentation.
import { Fragment } from "preact";
import { useMessages } from "../../i18n";
import { refName, type Schema } from "./openapi";
import { Prose } from "./prose";

/** A short form of a type, with links to the schemas in it. */
export function SchemaType({ schema }: { schema: Schema | undefined }) {
  if (schema === undefined) return null;
  if (schema.$ref) {
    const name = refName(schema.$ref);
    const open = () => document.getElementById(`schema-${name}`)?.setAttribute("open", "");
    return (
      <a href={`#schema-${name}`} onClick={open}>
        {name}
      </a>
    );
  }
  const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (variants) {
    return (
      <>
        {variants.map((variant, index) => (
          <Fragment key={index}>
            {index > 0 && " | "}
            <SchemaType schema={variant} />
          </Fragment>
        ))}
      </>
    );
  }
  if (schema.items) {
    return (
      <>
        [<SchemaType schema={schema.items} />]
      </>
    );
  }
  if (schema.enum) return <span>{schema.enum.map((value) => JSON.stringify(value)).join(" | ")}</span>;
  if (schema.const !== undefined) return <span>{JSON.stringify(schema.const)}</span>;
  return (
    <span>
      {[schema.type].flat().join(" | ")}
      {schema.format && ` (${schema.format})`}
    </span>
  );
}

export function SchemaProperties({ schema }: { schema: Schema }) {
  const t = useMessages();
  return (
    <>
      <Prose text={schema.description} />
      {schema.properties === undefined ? (
        <p>
          <SchemaType schema={schema} />
        </p>
      ) : (
        <dl class="description-list">
          {Object.entries(schema.properties).map(([name, property]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
                {schema.required?.includes(name) && ` (${t.docs.required})`}
              </dt>
              <dd>
                <SchemaType schema={property} />
                {property.default !== undefined && ` · ${t.docs.default(JSON.stringify(property.default))}`}
                <div class="muted">
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
