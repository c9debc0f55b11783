// The status of a build as badges.
import type { Build } from "../api/types";
import { useMessages } from "../i18n";
import { Badge } from "./badge";

interface BuildBadgeProps {
  build: Pick<Build, "status" | "waiting_for_capacity" | "superseded">;
}

export function BuildBadge({ build: { status, waiting_for_capacity, superseded } }: BuildBadgeProps) {
  const t = useMessages();
  return (
    <>
      <Badge status={status} label={waiting_for_capacity ? t.build.waiting : t.build.status[status]} />
      {superseded && (
        <>
          {" "}
          <Badge status="superseded" label={t.build.superseded} />
        </>
      )}
    </>
  );
}
