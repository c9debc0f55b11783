// The form of a new build, and the request that it makes.
import type { Fault } from "../api/failure";
import type { BuildRequest, NewBuild, Project } from "../api/types";
import type { Messages } from "../i18n";
import { format, parse, type BadLine } from "./lines";

export type Source = "buildpacks" | "at" | "given";

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
}

export function empty(project: Project): BuildForm {
  return {
    repository_url: project.repository_url ?? "",
    branch: "main",
    service_name: "",
    source: "buildpacks",
    dockerfile_path: "Dockerfile",
    dockerfile_content: "",
    build_args: "",
    context: ".",
    image_tag: "latest",
  };
}

/** The form that asks for a build again. */
export function again(asked: BuildRequest): BuildForm {
  const { repository_url, branch, service_name, context, image_tag } = asked;
  const { dockerfile_path = "Dockerfile", dockerfile_content = "" } = asked;
  const source = asked.has_dockerfile ? "at" : dockerfile_content ? "given" : "buildpacks";
  const build_args = format(asked.build_args);
  return { repository_url, branch, service_name, source, dockerfile_path, dockerfile_content, build_args, context, image_tag };
}

/** Is there something under “more”? */
export function hasMore(form: BuildForm): boolean {
  return form.build_args !== "" || form.context !== "." || form.image_tag !== "latest";
}

/** The request; a field that is left empty is not sent, so that its default counts. */
export function request(form: BuildForm, project: Project): { body: NewBuild; faults: BadLine[] } {
  const args = parse(form.build_args);
  const service = form.service_name.trim();
  const body: NewBuild = {
    project_id: project.id,
    repository_url: form.repository_url.trim(),
    service_name: service,
    image_name: `${project.name}-${service}`,
    build_args: args.values,
    ...given("branch", form.branch),
    ...given("context", form.context),
    ...given("image_tag", form.image_tag),
  };
  if (form.source === "at") {
    body.has_dockerfile = true;
    if (form.dockerfile_path.trim()) body.dockerfile_path = form.dockerfile_path.trim();
  }
  if (form.source === "given") body.dockerfile_content = form.dockerfile_content;
  return { body, faults: args.faults };
}

function given<K extends string>(name: K, text: string): { [P in K]?: string } {
  const trimmed = text.trim();
  return (trimmed === "" ? {} : { [name]: trimmed }) as { [P in K]?: string };
}

/** Lines that cannot be read, in words, at their field. */
export function lineFaults(field: string, faults: readonly BadLine[], t: Messages): Fault[] {
  return faults.map(({ line, twice }) => ({
    field,
    detail: twice === null ? t.deploy.badLine(line) : t.deploy.twice(line, twice),
  }));
}
