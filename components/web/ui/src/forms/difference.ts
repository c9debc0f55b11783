// What differs between two releases. Of secrets the API tells names only, so of those it is whether they are
// there.
import type { FieldChange, Revision } from "../api/types";

const hidden = "••••••";

/** What changes when `to` follows `from`: fields by their names in a request, a variable as `env_vars.NAME`. */
export function difference(from: Revision, to: Revision): FieldChange[] {
  const [before, after] = [fields(from), fields(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .map((field) => ({ field, before: before.get(field) ?? null, after: after.get(field) ?? null }))
    .filter((change) => change.before !== change.after);
}

function fields(release: Revision): Map<string, string> {
  const { env_vars, secrets, ...plain } = release.configuration;
  const all = { ...plain, image_name: release.image_name, image_digest: release.image_digest };
  const given = Object.entries(all).filter(([, value]) => value !== null && value !== undefined);
  return new Map([
    ...given.map(([field, value]) => [field, String(value)] as const),
    ...Object.entries(env_vars).map(([name, value]) => [`env_vars.${name}`, value] as const),
    ...Object.keys(secrets).map((name) => [`secrets.${name}`, hidden] as const),
  ]);
}
