// The form of a service's source, which is that of a build and says what a push does.
import type { NewSource, Service } from "../api/types";
import { toSource, type BuildForm } from "./build";
import type { LineError } from "./variables";

export interface ServiceForm extends BuildForm {
  build_on_push: boolean;
  /** One glob per line. */
  watch_paths: string;
}

/** Adds to the form of a build what is saved about pushes; `null` for a new service. */
export function withPushes(form: BuildForm, service: Service | null): ServiceForm {
  const { build_on_push = false, watch_paths = [] } = service ?? {};
  return { ...form, build_on_push, watch_paths: watch_paths.map((path) => `${path}\n`).join("") };
}

/** The request that saves a service. Watch paths are kept while a push builds nothing. */
export function toServiceRequest(form: ServiceForm): { body: NewSource; lineErrors: LineError[] } {
  const { body, lineErrors } = toSource(form);
  if (form.build_on_push) body.build_on_push = true;
  const paths = toLines(form.watch_paths);
  if (paths.length > 0) body.watch_paths = paths;
  return { body, lineErrors };
}

function toLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
