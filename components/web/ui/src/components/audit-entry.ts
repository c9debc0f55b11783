// Links from an audit entry to the page of its object.

/** The page of an API object; `null` if it has none. */
export function pagePath(object: string): string | null {
  const [, kind, id] = /^\/api\/v1\/(builds|deployments|projects)\/([^/]+)$/.exec(object) ?? [];
  return kind && id ? `/${kind}/${id}` : null;
}

/** Whether the latest entry about the same object is not its deletion. `entries`: newest first. */
export function stillExists(entries: readonly { action: string; object: string }[], index: number): boolean {
  const newest = entries.find((entry) => entry.object === entries[index]?.object);
  return newest !== undefined && !newest.action.endsWith(".delete");
}
