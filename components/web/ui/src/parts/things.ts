// Where the page shows what an entry of an audit trail is about.

/** The page of an object of the API, if it has one. */
export function pageOf(object: string): string | null {
  const [, kind, id] = /^\/api\/v1\/(builds|deployments|projects)\/([^/]+)$/.exec(object) ?? [];
  return kind && id ? `/${kind}/${id}` : null;
}

/** Is the object of this entry still there, as far as the entries tell, the newest of which comes first? */
export function still(entries: readonly { action: string; object: string }[], index: number): boolean {
  const newest = entries.find((entry) => entry.object === entries[index]?.object);
  return newest !== undefined && !newest.action.endsWith(".delete");
}
