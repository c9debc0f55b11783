// The name of an audit entry's object, and the link to its page.

/** What the page of a service is about: its configuration, secrets and previews have no pages of their own. */
function pageObject(object: string): string {
  return object.replace(/(?<=\/services\/[^/]+)\/(?:deployment|secrets|previews\/\d+)$/, "");
}

/** The last part of its path; the number of a preview's pull request. */
export function objectName(object: string): string {
  const named = /\/previews\/\d+$/.test(object) ? object : pageObject(object);
  return named.split("/").at(-1) ?? "";
}

/** The page of an API object; `null` if it has none. */
export function pagePath(object: string): string | null {
  const [, page] = /^\/api\/v1(\/(?:builds|deployments|projects|projects\/\d+\/services)\/[^/]+)$/.exec(pageObject(object)) ?? [];
  return page ?? null;
}

/** Whether the latest entry about the same object is not its deletion. `entries`: newest first. */
export function stillExists(entries: readonly { action: string; object: string }[], index: number): boolean {
  const newest = entries.find((entry) => entry.object === entries[index]?.object);
  return newest !== undefined && !newest.action.endsWith(".delete");
}
