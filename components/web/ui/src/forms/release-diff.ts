// The differences between two releases. The API returns only the names of secrets, so a secret differs only when
// it exists in one of the two.
import type { FieldChange, Revision } from "../api/types";
import { formatCommandLine } from "./command-line";

const MASKED = "••••••";

/** Changed fields from `from` to `to`, under their names in a deploy request; a variable is `env_vars.NAME`. */
export function diffReleases(from: Revision, to: Revision): FieldChange[] {
  const [before, after] = [fields(from), fields(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .map((field) => ({ field, before: before.get(field) ?? null, after: after.get(field) ?? null }))
    .filter((change) => change.before !== change.after);
}

function fields(release: Revision): Map<string, string> {
  const { env_vars, secrets, ...plain } = release.configuration;
  const all = { ...plain, image_name: release.image_name, image_digest: release.image_digest };
  const isPresent = (value: unknown) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
  const present = Object.entries(all).filter(([, value]) => isPresent(value));
  return new Map([
    ...present.map(([field, value]) => [field, Array.isArray(value) ? formatCommandLine(value) : String(value)] as const),
    ...Object.entries(env_vars).map(([name, value]) => [`env_vars.${name}`, value] as const),
    ...Object.keys(secrets).map((name) => [`secrets.${name}`, MASKED] as const),
  ]);
}
