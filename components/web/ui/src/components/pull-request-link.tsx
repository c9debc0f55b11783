// A pull request, with a link to the service that it is a preview of.
import { Link } from "wouter-preact";
import { useMessages } from "../i18n";

interface PullRequestLinkProps {
  project: number;
  service: string;
  number: number;
}

export function PullRequestLink({ project, service, number }: PullRequestLinkProps) {
  const t = useMessages();
  return <Link href={`/projects/${project}/services/${service}`}>{t.previews.of(number, service)}</Link>;
}
