// An operation of the API documentation.
import { useMessages } from "../../i18n";
import { refName, type MediaType, type OperationEntry, type ResponseObject } from "./openapi";
import { Prose } from "./prose";
import { SchemaType } from "./schema";

interface OperationDetailsProps extends OperationEntry {
  /** The document's shared responses. */
  shared: Record<string, ResponseObject>;
}

export function OperationDetails({ method, path, operation, shared }: OperationDetailsProps) {
  const t = useMessages();
  const resolve = (response: ResponseObject) => shared[refName(response.$ref ?? "")] ?? response;
  const body = Object.values(operation.requestBody?.content ?? {})[0];
  return (
    <details class="operation" id={operation.operationId}>
      <summary>
        <span class="method">{method}</span> <code>{path}</code> <span class="muted">{operation.summary}</span>
      </summary>
      <Prose text={operation.description} />
      {operation.parameters && operation.parameters.length > 0 && (
        <>
          <h3>{t.docs.parameters}</h3>
          <dl class="description-list">
            {operation.parameters.map((parameter) => (
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
          <h3>{t.docs.requestBody}</h3>
          <SchemaType schema={body.schema} />
          <Example mediaType={body} />
        </>
      )}
      <h3>{t.docs.responses}</h3>
      <dl class="description-list">
        {Object.entries(operation.responses).map(([status, response]) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>
              <Prose text={resolve(response).description} />
              {Object.entries(resolve(response).content ?? {}).map(([type, mediaType]) => (
                <div key={type}>
                  <code>{type}</code> <SchemaType schema={mediaType.schema} />
                  {status.startsWith("2") && <Example mediaType={mediaType} />}
                </div>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Example({ mediaType }: { mediaType: MediaType }) {
  const t = useMessages();
  const value = mediaType.example ?? Object.values(mediaType.examples ?? {})[0]?.value;
  if (value === undefined) return null;
  return (
    <details>
      <summary>{t.docs.example}</summary>
      <pre tabIndex={0}>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
