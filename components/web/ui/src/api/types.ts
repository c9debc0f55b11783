// Short names for the schemas of the generated contract.
import type { components, paths } from "./contract";

type Schemas = components["schemas"];

interface JsonResponse {
  get: { responses: { 200: { content: { "application/json": unknown } } } };
}

/** The body of a successful `GET`. */
type JsonOf<Path extends keyof paths> = paths[Path] extends JsonResponse
  ? paths[Path]["get"]["responses"][200]["content"]["application/json"]
  : never;

export type Project = Schemas["Project"];
export type Role = Schemas["Role"];
export type NewBuild = Schemas["NewBuild"];
export type BuildRequest = Schemas["BuildRequest"];
export type Build = Schemas["Build"];
export type BuildList = JsonOf<"/api/v1/projects/{project}/builds">;
export type Service = Schemas["Service"];
export type ServiceSource = Schemas["ServiceSource"];
export type NewSource = Schemas["NewSource"];
export type ConfigError = NonNullable<Service["config_file"]>["errors"][number];
export type LastBuild = NonNullable<Service["last_build"]>;
export type Commit = NonNullable<Build["commit"]>;
export type AutomaticBuilds = NonNullable<Service["automatic_builds"]>;
export type AutomaticDeployments = NonNullable<Service["automatic_deployments"]>;
export type AutomationPause = NonNullable<AutomaticDeployments["paused"]>;
export type PreviewList = JsonOf<"/api/v1/projects/{project}/services/{service}/previews">;
export type Preview = PreviewList["previews"][number];
export type Push = JsonOf<"/api/v1/projects/{project}/services/{service}/pushes">["pushes"][number];
export type RepositoryFound = JsonOf<"/api/v1/repositories">["repositories"][number];
export type BranchesFound = JsonOf<"/api/v1/repositories/{repository}/branches">;
export type Step = Schemas["Step"];
export type NewDeployment = Schemas["NewDeployment"];
export type Deployment = Schemas["Deployment"];
export type Issue = Schemas["Issue"];
export type Pod = Schemas["Pod"];
export type PromotedFrom = NonNullable<Deployment["promoted_from"]>;
export type Revision = Schemas["Revision"];
export type FieldChange = Schemas["FieldChange"];
export type DryRun = Schemas["DryRun"];
export type ClusterEvent = Schemas["ClusterEvent"];
export type Member = Schemas["Member"];
export type MemberList = Schemas["Members"];
export type Invitation = Schemas["Invitation"];
export type ReceivedInvitation = Schemas["ReceivedInvitation"];
export type Me = Schemas["Me"];
export type Token = Schemas["Token"];
export type TokenCreated = Schemas["TokenCreated"];
export type AuditEntry = Schemas["AuditEntry"];
export type Readiness = Schemas["Readiness"];
export type Problem = Schemas["Problem"];
export type ProblemReason = Schemas["ProblemReason"];
export type NoLog = Schemas["NoLog"];
