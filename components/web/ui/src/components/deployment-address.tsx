// The address of a deployment.
import type { Deployment } from "../api/types";
import { useMessages } from "../i18n";
import { CopyableCode } from "./copyable-code";

/** A public URL is a link once it leads to an instance; an internal address can be copied. */
export function DeploymentAddress({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const url = deployment.access_url;
  if (url === null) return null;
  const reachable = reachability(deployment);
  const words = reachable && <span class="muted"> {t.deployment.reachable[reachable]}</span>;
  if (isInternal(url)) {
    return (
      <p>
        {t.deployment.internal}
        {t.colon} <CopyableCode text={url} />
        {words}
      </p>
    );
  }
  return (
    <p>
      {isOpen(deployment) && (
        <>
          <a href={url} rel="noopener noreferrer" target="_blank">
            {t.deployment.open}
          </a>{" "}
        </>
      )}
      <span class="muted wrap-anywhere">{url}</span>
      {words}
    </p>
  );
}

/** The address in a list: only what is not as usual is said in words. */
export function ShortAddress({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const url = deployment.access_url;
  if (url === null) return null;
  const reachable = reachability(deployment);
  return (
    <div class="wrap-anywhere">
      {isOpen(deployment) ? (
        <a href={url} rel="noopener noreferrer" target="_blank">
          {url}
        </a>
      ) : (
        <span class="muted">{url}</span>
      )}
      {reachable === "no" && <span class="muted"> {t.deployment.reachable.no}</span>}
    </div>
  );
}

/** An address that leads to no instance is not called reachable. */
function reachability({ replicas_ready, reachable }: Deployment): Deployment["reachable"] {
  return replicas_ready > 0 || reachable === "no" ? reachable : null;
}

const isInternal = (url: string) => /-service:\d+$/.test(url);

/** Whether a browser can open the address. */
function isOpen(deployment: Deployment): boolean {
  const { access_url, replicas_ready } = deployment;
  return access_url !== null && !isInternal(access_url) && replicas_ready > 0 && deployment.reachable !== "no";
}
