// The deploy form, and the API request made from it.
import type { FieldError } from "../api/error";
import type { Build, NewDeployment, Project, Revision } from "../api/types";
import { formatCommandLine, parseCommandLine } from "./command-line";
import { formatVariables, parseVariables, type LineError } from "./variables";

export interface SecretRow {
  name: string;
  value: string;
  /** The platform has a value already: an empty `value` keeps it. */
  isStored: boolean;
}

/** Numbers are kept as typed: the API validates them. */
export interface DeployForm {
  build_id: string | null;
  image_name: string;
  service_name: string;
  display_name: string;
  description: string;
  /** A command line. */
  command: string;
  args: string;
  service_type: "web" | "api" | "worker";
  exposure_type: "external" | "internal" | "none";
  container_port: string;
  service_port: string;
  replicas: string;
  cpu_request: string;
  cpu_limit: string;
  memory_request: string;
  memory_limit: string;
  env_vars: string;
  secrets: SecretRow[];
  custom_domain: string;
  custom_path: string;
  enable_https: boolean;
  health_check_enabled: boolean;
  readiness_check_path: string;
  liveness_check_path: string;
  health_check_port: string;
  readiness_initial_delay: string;
  liveness_initial_delay: string;
  health_check_period: string;
  health_check_timeout: string;
  health_check_failure_threshold: string;
  storage_size: string;
  storage_path: string;
  enable_autoscaling: boolean;
  min_replicas: string;
  max_replicas: string;
  target_cpu_percent: string;
}

export const emptyForm: DeployForm = {
  build_id: null,
  image_name: "",
  service_name: "",
  display_name: "",
  description: "",
  command: "",
  args: "",
  service_type: "web",
  exposure_type: "external",
  container_port: "3000",
  service_port: "8000",
  replicas: "2",
  cpu_request: "100m",
  cpu_limit: "500m",
  memory_request: "128Mi",
  memory_limit: "512Mi",
  env_vars: "",
  secrets: [],
  custom_domain: "",
  custom_path: "",
  enable_https: false,
  health_check_enabled: true,
  readiness_check_path: "",
  liveness_check_path: "",
  health_check_port: "",
  readiness_initial_delay: "5",
  liveness_initial_delay: "30",
  health_check_period: "10",
  health_check_timeout: "5",
  health_check_failure_threshold: "3",
  storage_size: "",
  storage_path: "",
  enable_autoscaling: false,
  min_replicas: "1",
  max_replicas: "10",
  target_cpu_percent: "70",
};

/** The form filled with the configuration of a release. */
export function formFromRelease(release: Revision): DeployForm {
  const { configuration, build_id, image_name } = release;
  const secrets = Object.keys(configuration.secrets ?? {}).map((name) => ({ name, value: "", isStored: true }));
  return { ...emptyForm, ...formFields({ ...configuration }), build_id, image_name, secrets };
}

/** The form with the values of a saved configuration in place of its own, for the fields `names`. */
export function withConfiguration(form: DeployForm, saved: object, names: readonly string[]): DeployForm {
  const fields = Object.entries({ ...emptyForm, ...formFields({ ...saved }) });
  return { ...form, ...Object.fromEntries(fields.filter(([name]) => names.includes(name))) };
}

/** What a configuration says, as fields of the form. */
function formFields(configuration: Record<string, unknown>): Partial<DeployForm> {
  const fields: Record<string, unknown> = {};
  for (const [name, initial] of Object.entries(emptyForm)) {
    const value = configuration[name];
    if (value === undefined || value === null) continue;
    if (typeof initial === "string") fields[name] = String(value);
    if (typeof initial === "boolean") fields[name] = value === true;
  }
  return {
    ...fields,
    command: formatCommandLine((configuration["command"] ?? []) as string[]),
    args: formatCommandLine((configuration["args"] ?? []) as string[]),
    env_vars: formatVariables((configuration["env_vars"] ?? {}) as Record<string, string>),
  };
}

/** The form for a build's image. `release`: the current one of a service that is deployed already. */
export function formFromBuild(build: Build, release: Revision | null): DeployForm {
  const form = release ? formFromRelease(release) : { ...emptyForm, service_name: build.service_name };
  return { ...form, build_id: build.build_id, image_name: build.image_full_name };
}

/** The fields under "More options" whose default does not depend on another field. */
const ADVANCED_FIELDS = [
  "service_type",
  "description",
  "command",
  "args",
  "custom_domain",
  "custom_path",
  "service_port",
  "enable_https",
  "health_check_enabled",
  "readiness_check_path",
  "liveness_check_path",
  "readiness_initial_delay",
  "liveness_initial_delay",
  "health_check_period",
  "health_check_timeout",
  "health_check_failure_threshold",
  "storage_size",
  "storage_path",
  "enable_autoscaling",
] as const satisfies readonly (keyof DeployForm)[];

/** Whether a field under "More options" differs from its default. */
export function hasAdvancedOptions(form: DeployForm): boolean {
  const { display_name, health_check_port } = form;
  return (
    ADVANCED_FIELDS.some((name) => form[name] !== emptyForm[name]) ||
    !["", form.service_name].includes(display_name) ||
    !["", form.container_port].includes(health_check_port)
  );
}

/** The form as it may be saved in the browser: without the values of secrets. */
export function withoutSecrets(form: DeployForm): DeployForm {
  return { ...form, secrets: form.secrets.map((row) => ({ ...row, value: "" })) };
}

export interface DeployRequest {
  body: NewDeployment;
  /** Errors in `env_vars`. */
  lineErrors: LineError[];
  fieldErrors: FieldError[];
}

/** The API request. Empty fields are left out, so that the API uses their defaults. */
export function toRequest(form: DeployForm, project: Project): DeployRequest {
  const { values, errors: lineErrors } = parseVariables(form.env_vars);
  const fieldErrors: FieldError[] = [];
  const secrets: Record<string, string | null> = {};
  for (const { name: typed, value, isStored } of form.secrets) {
    const name = typed.trim();
    if (name === "" && value === "") continue;
    if (name === "") fieldErrors.push({ field: "secrets", detail: "is required" });
    secrets[name] = value === "" && isStored ? null : value;
  }
  const image = form.build_id === null ? filledFields({ image_name: form.image_name }) : { build_id: form.build_id };
  const isWorker = form.service_type === "worker";
  const exposure_type = isWorker ? "none" : form.exposure_type;
  const isExternal = exposure_type === "external";
  const body = {
    project_id: project.id,
    project_name: project.name,
    username: project.owner,
    ...image,
    ...filledFields({
      service_name: form.service_name,
      display_name: form.display_name,
      description: form.description,
      cpu_request: form.cpu_request,
      cpu_limit: form.cpu_limit,
      memory_request: form.memory_request,
      memory_limit: form.memory_limit,
      storage_size: form.storage_size,
      storage_path: form.storage_path,
    }),
    ...commandLine(form, "command", fieldErrors),
    ...commandLine(form, "args", fieldErrors),
    service_type: form.service_type,
    exposure_type,
    ...(isExternal && filledFields({ custom_domain: form.custom_domain, custom_path: form.custom_path })),
    ...(isExternal && form.enable_https && { enable_https: true }),
    ...numericFields({
      container_port: form.container_port,
      ...(exposure_type !== "none" && { service_port: form.service_port }),
      ...(!form.enable_autoscaling && { replicas: form.replicas }),
    }),
    env_vars: values,
    secrets,
    health_check_enabled: form.health_check_enabled,
    ...(form.health_check_enabled && healthCheckFields(form)),
    enable_autoscaling: form.enable_autoscaling,
    ...(form.enable_autoscaling &&
      numericFields({
        min_replicas: form.min_replicas,
        max_replicas: form.max_replicas,
        target_cpu_percent: form.target_cpu_percent,
      })),
  };
  // An invalid number is sent as typed: the API returns the field error.
  return { body: body as NewDeployment, lineErrors, fieldErrors };
}

/** The words of a command line, if there are any. */
function commandLine(form: DeployForm, field: "command" | "args", errors: FieldError[]) {
  const { words, isOpen } = parseCommandLine(form[field]);
  if (isOpen) errors.push({ field, detail: "has a quote that is not closed" });
  return words.length > 0 && { [field]: words };
}

function healthCheckFields(form: DeployForm) {
  return {
    ...filledFields({
      readiness_check_path: form.readiness_check_path,
      liveness_check_path: form.liveness_check_path,
    }),
    ...numericFields({
      health_check_port: form.health_check_port,
      readiness_initial_delay: form.readiness_initial_delay,
      liveness_initial_delay: form.liveness_initial_delay,
      health_check_period: form.health_check_period,
      health_check_timeout: form.health_check_timeout,
      health_check_failure_threshold: form.health_check_failure_threshold,
    }),
  };
}

function filledFields(fields: Record<string, string>): Record<string, string> {
  const filled = Object.entries(fields).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== ""));
}

function numericFields(fields: Record<string, string>): Record<string, number | string> {
  const filled = Object.entries(filledFields(fields));
  return Object.fromEntries(filled.map(([name, value]) => [name, /^\d{1,9}$/.test(value) ? Number(value) : value]));
}
