// Kubernetes manifests, for whoever wants to see them.
import { useT } from "../i18n";

export function Manifests({ of }: { of: Readonly<Record<string, string>> }) {
  const t = useT();
  return (
    <details>
      <summary>{t.deploy.manifests}</summary>
      {Object.entries(of).map(([kind, yaml]) => (
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
