// The name of an audit entry's object, and the link to its page.

/** What the page of a service is about: its configuration and its secrets have no pages of their own. */
function pageObject(object: string): string {
  return object.replace(/(?<=\/services\/[^/]+)\/(?:deployment|secrets)$/, "");
}

export function objectName(object: string): string {
  return pageObject(object).split("/").at(-1) ?? "";
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
