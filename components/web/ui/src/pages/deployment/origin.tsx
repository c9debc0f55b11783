// Where a deployment comes from, if nobody deployed it by hand: a push, a pull request or another project.
import { Link } from "wouter-preact";
import type { Deployment, PromotedFrom } from "../../api/types";
import { Badge } from "../../components/badge";
import { PullRequestLink } from "../../components/pull-request-link";
import { useMessages, type Messages } from "../../i18n";

export function Origin({ deployment }: { deployment: Deployment }) {
  const t = useMessages();
  const { project_id, preview, automatic, promoted_from } = deployment;
  return (
    <>
      {preview && (
        <p>
          <Badge status="preview" label={t.previews.badge} />{" "}
          <PullRequestLink project={project_id} service={preview.service_name} number={preview.pull_request} />
        </p>
      )}
      {automatic && !preview && (
        <p>
          <Badge status="automatic" label={t.automation.badge} /> {t.automation.deployedAutomatically}
        </p>
      )}
      {promoted_from && (
        <p>
          <Badge status="promoted" label={t.promotion.promoted} /> <PromotedFromLink from={promoted_from} />
        </p>
      )}
    </>
  );
}

/** A preview has the display name of its service, for which nobody should take it. */
export function deploymentName({ preview, display_name }: Deployment, t: Messages): string {
  return preview ? t.previews.of(preview.pull_request, preview.service_name) : display_name;
}

/** The user may have no access to that project: its page says so. */
export function PromotedFromLink({ from: { project_id, deployment_id, revision } }: { from: PromotedFrom }) {
  const t = useMessages();
  return <Link href={`/deployments/${deployment_id}`}>{t.promotion.from(revision, project_id)}</Link>;
}
