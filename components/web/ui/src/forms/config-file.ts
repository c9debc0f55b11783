// What a form takes from the configuration file in the repository, and where that file is.
import type { Service } from "../api/types";

export const FILE_NAME = "nokube.toml";

/** The fields of a form that come from the file. */
export interface FieldsOfFile {
  names: readonly string[];
  /** The file at GitHub. */
  url: string;
}

/** These say how the image is built. They are one choice, in the form the field `source`. */
const DOCKERFILE_FIELDS: readonly string[] = ["has_dockerfile", "dockerfile_path", "dockerfile_content"];

/** What the form of a service's source takes from the file. */
export function buildFieldsOfFile(service: Service | null): FieldsOfFile | null {
  const names = service?.config_file?.build_fields ?? [];
  const choice = names.some((name) => DOCKERFILE_FIELDS.includes(name)) ? ["source", ...DOCKERFILE_FIELDS] : [];
  return fieldsOfFile(service, [...names, ...choice]);
}

/** What the form of a deployment takes from the file. */
export function deploymentFieldsOfFile(service: Service | null): FieldsOfFile | null {
  return fieldsOfFile(service, service?.config_file?.deployment_fields ?? []);
}

function fieldsOfFile(service: Service | null, names: readonly string[]): FieldsOfFile | null {
  if (!service?.use_config_file || !service.config_file || names.length === 0) return null;
  const url = fileUrl(service, service.config_file.commit_sha);
  return { names, url };
}

/** The file at GitHub in a commit, at a line. */
export function fileUrl({ source }: Service, commit: string, line?: number): string {
  const repository = source?.repository_url.replace(/\/$|\.git$/g, "") ?? "";
  return `${repository}/blob/${commit}/${FILE_NAME}${line === undefined ? "" : `#L${line}`}`;
}
