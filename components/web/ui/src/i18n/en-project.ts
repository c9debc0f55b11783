// The texts about projects, their services and members, in English.
import type { Messages } from "./fr";
import { plural } from "./plural";

export const projects: Messages["projects"] = {
  title: "Projects",
  new: "New project",
  name: "Project name",
  nameHint: "Lowercase letters, digits and hyphens. It is part of image names and addresses, and cannot be changed later.",
  description: "Description",
  create: "Create project",
  empty: "No projects yet. Create the first one: a project contains your services.",
  owner: (name) => `Owner: ${name}`,
};

export const invitation: Messages["invitation"] = {
  title: (by, project) => `${by} invites you to the project “${project}”`,
  roles: {
    developer: "As a developer, you can see everything, build and deploy.",
    viewer: "As a viewer, you can see everything, but change nothing.",
  },
  until: (time) => `The invitation is open until ${time}.`,
  accept: "Accept",
  acceptNamed: (project) => `Accept the invitation to ${project}`,
  decline: "Decline",
  declineNamed: (project) => `Decline the invitation to ${project}`,
  closed: "This invitation is no longer open: it has expired or was withdrawn. Ask for another one.",
};

export const project: Messages["project"] = {
  services: "Services",
  noServices: "No services yet.",
  firstSteps: "Add one: say where its source is, build its image, then deploy it.",
  addService: "Add a service",
  readOnly: (owner) => `You have read-only access to this project. To change something, ask its owner, ${owner}.`,
  builds: "Builds",
  noBuilds: "No builds yet.",
  newBuild: "New build",
  deployImage: "Deploy an existing image",
  settings: "Project settings",
  revision: (n) => `revision ${n}`,
  pods: (ready, total) => `${ready} / ${total} ${plural("en", total, "instance", "instances")} ready`,
};

export const service: Messages["service"] = {
  new: "New service",
  title: (name) => `Source of ${name}`,
  exists: (name) => `The service “${name}” already has a source, which will be replaced.`,
  saveAndBuild: "Save and build",
  source: "Source",
  defaultBranch: "default branch",
  notSaved: "not saved",
  save: "Save the source",
  saveNamed: (name) => `Save the source of ${name}`,
  edit: "Edit",
  editNamed: (name) => `Edit the source of ${name}`,
  build: "Build",
  buildNamed: (name) => `Build ${name}`,
  lastBuild: "Last build",
  deploy: "Deploy",
  deployNamed: (name) => `Deploy ${name}`,
  deployment: "Deployment",
  showDeployment: "View the deployment",
  remove: "Remove the source",
  removeTitle: (name) => `Remove the source of ${name}?`,
  removeHint: "The service can no longer be built with one click, and its previews end. Its builds are kept, and what runs keeps running.",
};

export const settings: Messages["settings"] = {
  title: "Project settings",
  details: "About",
  repository: "Repository (URL)",
  framework: "Framework",
  members: "Members",
  role: "Role",
  roles: { owner: "owner", developer: "developer", viewer: "viewer" },
  rolesHint: "Viewers can see everything. Developers can also build and deploy.",
  username: "Username",
  usernameHint:
    "The user must have signed in here at least once. The username is shown on their Account page. They answer the invitation on their Projects page.",
  inviteTitle: "Invite somebody",
  invite: "Invite",
  invited: (name) => `${name} is invited and can accept on the Projects page.`,
  invitations: "Open invitations",
  invitedBy: (by, until) => `invited by ${by}, until ${until}`,
  withdraw: "Withdraw",
  withdrawNamed: (name) => `Withdraw the invitation of ${name}`,
  remove: (name) => `Remove ${name}`,
  leave: "Leave project",
  auditLog: "Audit log",
  delete: "Delete project",
  deleteHint: "Deletes the project. Its services and running builds must be stopped first, or together with it.",
  takeDown: "Also stop its services and cancel running builds",
  volumes: "Also delete the volumes and their data (cannot be undone)",
  confirmName: (name) => `To confirm, type “${name}”`,
  ownerOnly: (owner) => `Only the owner, ${owner}, can change these settings.`,
};
