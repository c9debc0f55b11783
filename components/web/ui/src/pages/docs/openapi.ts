// The parts of an OpenAPI 3.1 document that the page shows.

export const DOCUMENT_PATH = "/api/v1/openapi.json";

export interface ApiDocument {
  info: { description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, ResponseObject> };
}

/** A response, or a reference to a shared one. */
export interface ResponseObject {
  $ref?: string;
  description?: string;
  content?: Record<string, MediaType>;
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, ResponseObject>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface MediaType {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value?: unknown }>;
}

export interface Schema {
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

export interface OperationEntry {
  /** In upper case. */
  method: string;
  path: string;
  operation: Operation;
}

export interface OperationGroup {
  name: string;
  description: string | undefined;
  operations: OperationEntry[];
}

const DEFAULT_TAG = "API";

/** The operations by their first tag, in the order of the document. */
export function groupByTag({ paths, tags }: ApiDocument): OperationGroup[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const tagOf = ({ operation }: OperationEntry) => operation.tags?.[0] ?? DEFAULT_TAG;
  return [...new Set(all.map(tagOf))].map((name) => ({
    name,
    description: tags?.find((tag) => tag.name === name)?.description,
    operations: all.filter((entry) => tagOf(entry) === name),
  }));
}

/** The last segment of a `$ref`. */
export function refName(ref: string): string {
  return ref.split("/").at(-1) ?? "";
}
