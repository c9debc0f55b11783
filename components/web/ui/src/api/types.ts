// Short names for the schemas of the generated contract.
import type { components } from "./contract";

type Schemas = components["schemas"];

export type Project = Schemas["Project"];
export type Role = Schemas["Role"];
export type NewBuild = Schemas["NewBuild"];
export type BuildRequest = Schemas["BuildRequest"];
export type Build = Schemas["Build"];
export type Step = Schemas["Step"];
export type NewDeployment = Schemas["NewDeployment"];
export type Deployment = Schemas["Deployment"];
export type Pod = Schemas["Pod"];
export type Revision = Schemas["Revision"];
export type FieldChange = Schemas["FieldChange"];
export type DryRun = Schemas["DryRun"];
export type ClusterEvent = Schemas["ClusterEvent"];
export type Member = Schemas["Member"];
export type Me = Schemas["Me"];
export type Token = Schemas["Token"];
export type TokenCreated = Schemas["TokenCreated"];
export type AuditEntry = Schemas["AuditEntry"];
export type Readiness = Schemas["Readiness"];
export type Problem = Schemas["Problem"];
export type ProblemReason = Schemas["ProblemReason"];
export type NoLog = Schemas["NoLog"];
