// The form of a service's source, which is that of a build and says what a push and a pull request do.
import type { NewSource, Service } from "../api/types";
import { toSource, type BuildForm } from "./build";
import { formatVariables, parseVariables, type LineError } from "./variables";

/** What a pull request starts, from the least to the most. */
export const PREVIEW_MODES = ["off", "build", "deploy"] as const satisfies readonly Service["previews"][];

export interface ServiceForm extends BuildForm {
  build_on_push: boolean;
  /** One glob per line. */
  watch_paths: string;
  use_config_file: boolean;
  deploy_on_build: boolean;
  previews: Service["previews"];
  /** One branch per line. */
  preview_base_branches: string;
  preview_env_vars: string;
  /** One name per line. */
  preview_secrets: string;
}

/** Adds to the form of a build what is saved about pushes and pull requests; `null` for a new service. */
export function withPushes(form: BuildForm, service: Service | null): ServiceForm {
  const { build_on_push = false, watch_paths = [], use_config_file = false } = service ?? {};
  const { deploy_on_build = false, previews = "off" } = service ?? {};
  const { preview_base_branches = [], preview_env_vars = {}, preview_secrets = [] } = service ?? {};
  return {
    ...form,
    build_on_push,
    watch_paths: formatLines(watch_paths),
    use_config_file,
    deploy_on_build,
    previews,
    preview_base_branches: formatLines(preview_base_branches),
    preview_env_vars: formatVariables(preview_env_vars),
    preview_secrets: formatLines(preview_secrets),
  };
}

export interface ServiceRequest {
  body: NewSource;
  /** Errors in fields of variables, by the field's name. */
  lineErrors: { build_args: LineError[]; preview_env_vars: LineError[] };
}

/** The request that saves a service. Watch paths are kept while a push builds nothing. */
export function toServiceRequest(form: ServiceForm): ServiceRequest {
  const { body, lineErrors } = toSource(form);
  const paths = toLines(form.watch_paths);
  if (paths.length > 0) body.watch_paths = paths;
  if (!form.build_on_push) return { body, lineErrors: { build_args: lineErrors, preview_env_vars: [] } };
  body.build_on_push = true;
  if (form.use_config_file) body.use_config_file = true;
  if (form.deploy_on_build) body.deploy_on_build = true;
  const previews = toPreviews(form);
  return {
    body: { ...body, ...previews.body },
    lineErrors: { build_args: lineErrors, preview_env_vars: previews.lineErrors },
  };
}

/** The fields about previews, which are saved only together with a mode. */
function toPreviews(form: ServiceForm): { body: Partial<NewSource>; lineErrors: LineError[] } {
  if (form.previews === "off") return { body: {}, lineErrors: [] };
  const { values, errors } = parseVariables(form.preview_env_vars);
  const body: Partial<NewSource> = { previews: form.previews };
  const branches = toLines(form.preview_base_branches);
  const secrets = toLines(form.preview_secrets);
  if (branches.length > 0) body.preview_base_branches = branches;
  if (Object.keys(values).length > 0) body.preview_env_vars = values;
  if (secrets.length > 0) body.preview_secrets = secrets;
  return { body, lineErrors: errors };
}

function formatLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function toLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
