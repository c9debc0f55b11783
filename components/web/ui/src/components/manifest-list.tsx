// Kubernetes manifests, collapsed.
import { useMessages } from "../i18n";

export function ManifestList({ manifests }: { manifests: Readonly<Record<string, string>> }) {
  const t = useMessages();
  return (
    <details>
      <summary>{t.deploy.manifests}</summary>
      {Object.entries(manifests).map(([kind, yaml]) => (
        <details key={kind}>
          <summary>
            <code>{kind}</code>
          </summary>
          <pre tabIndex={0}>{yaml}</pre>
        </details>
      ))}
    </details>
  );
}
