// The address of a repository at GitHub, as far as it is typed.

/** What to look for when `text` is typed: the part of an address after the host, else the text itself. */
export function repositoryQuery(text: string): string {
  const name = text.trim().replace(/^https?:\/*([^/]*\/?)?/i, "");
  return name.replace(/\.git$|\/+$/, "");
}

/** Whether two addresses name the same repository. GitHub ignores case. */
export function isSameRepository(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
