// The form of a new build and of a service's source, and the API requests made from it.
import type { BuildRequest, NewBuild, NewSource, Project, ServiceSource } from "../api/types";
import { formatVariables, parseVariables, type LineError } from "./variables";

/** How the image is built: with buildpacks, the repository's Dockerfile, or one pasted into the form. */
export type Source = "buildpacks" | "repository" | "inline";

export interface BuildForm {
  repository_url: string;
  branch: string;
  service_name: string;
  source: Source;
  dockerfile_path: string;
  dockerfile_content: string;
  build_args: string;
  context: string;
  image_tag: string;
  submodules: boolean;
  lfs: boolean;
}

export function emptyForm(project: Project): BuildForm {
  return {
    repository_url: project.repository_url ?? "",
    branch: "",
    service_name: "",
    source: "buildpacks",
    dockerfile_path: "",
    dockerfile_content: "",
    build_args: "",
    context: ".",
    image_tag: "latest",
    submodules: false,
    lfs: false,
  };
}

/** The form filled with the request of an earlier build. */
export function formFromRequest(previous: BuildRequest): BuildForm {
  return formFromSource(previous, previous.service_name);
}

/** What a saved source and the request of a build have in common. */
type SavedSource = Omit<ServiceSource, "repository_id" | "builder">;

/** The form filled with the saved source of a service. */
export function formFromSource(saved: SavedSource, service_name: string): BuildForm {
  const { repository_url, context, image_tag, submodules, lfs } = saved;
  const { dockerfile_path = "", dockerfile_content = "" } = saved;
  const source = saved.has_dockerfile ? "repository" : dockerfile_content ? "inline" : "buildpacks";
  return {
    repository_url,
    branch: saved.branch ?? "",
    service_name,
    source,
    dockerfile_path,
    dockerfile_content,
    build_args: formatVariables(saved.build_args ?? {}),
    context,
    image_tag,
    submodules,
    lfs,
  };
}

/** Whether a field under "More options" differs from its default. */
export function hasAdvancedOptions(form: BuildForm): boolean {
  const { build_args, context, image_tag, submodules, lfs } = form;
  return build_args !== "" || context !== "." || image_tag !== "latest" || submodules || lfs;
}

/** The request of a build. */
export function toRequest(form: BuildForm, project: Project): { body: NewBuild; lineErrors: LineError[] } {
  const { body, lineErrors } = toSource(form);
  const service_name = form.service_name.trim();
  const names = { project_id: project.id, service_name, image_name: `${project.name}-${service_name}` };
  return { body: { ...names, ...body }, lineErrors };
}

/** The request that saves a service's source. Empty fields are left out, so that the API uses their defaults. */
export function toSource(form: BuildForm): { body: NewSource; lineErrors: LineError[] } {
  const args = parseVariables(form.build_args);
  const body: NewSource = {
    repository_url: form.repository_url.trim(),
    build_args: args.values,
    ...ifFilled("branch", form.branch),
    ...ifFilled("context", form.context),
    ...ifFilled("image_tag", form.image_tag),
  };
  if (form.source === "repository") {
    body.has_dockerfile = true;
    if (form.dockerfile_path.trim()) body.dockerfile_path = form.dockerfile_path.trim();
  }
  if (form.submodules) body.submodules = true;
  if (form.lfs) body.lfs = true;
  if (form.source === "inline") body.dockerfile_content = form.dockerfile_content;
  return { body, lineErrors: args.errors };
}

function ifFilled<K extends string>(name: K, text: string): { [P in K]?: string } {
  const trimmed = text.trim();
  return (trimmed === "" ? {} : { [name]: trimmed }) as { [P in K]?: string };
}
