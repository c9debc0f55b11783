// The texts about automatic deployment, previews of pull requests and promotion, in English.
import type { Messages } from "./fr";

export const automation: Messages["automation"] = {
  title: "Automatic deployment",
  enable: "Deploy what a push has built",
  enableHint:
    "A build that a push has started is deployed when it succeeds, with the service’s present configuration and secrets, in your name. A build that somebody starts by hand is not. After a rollback or a stop, nothing is deployed until somebody resumes it.",
  off: "Off: a build is deployed only when somebody clicks.",
  badge: "Automatic",
  deployedAutomatically: "Deployed after a push.",
  states: {
    active: "On: what a push builds is deployed.",
    paused: "Automatic deployment is paused",
    not_configured: "Nothing is deployed automatically",
    other_image: "Nothing is deployed automatically",
    deleted: "Nothing is deployed automatically",
  },
  whatToDo: {
    active: "",
    paused: "Pushes are still built, but not deployed. To resume deploys the build of the last push, unless it was deployed before: a build that somebody rolled back from is not deployed again, the next one is.",
    not_configured: "The service was never deployed and has no saved configuration. Deploy it once: after that, what a push builds is deployed.",
    other_image: "Somebody deployed an image that is no build of this service. It is not replaced. To continue with builds, deploy one.",
    deleted: "Somebody deleted the deployment. It is not created again automatically. To continue, deploy a build of the service.",
  },
  pausedSinceRollback: (by, at) => `Paused since the rollback by ${by}, ${at}.`,
  pausedSinceStop: (by, at) => `Paused since ${by} stopped the service, ${at}.`,
  staysStopped: "Otherwise the service stays stopped: start it, or push a commit.",
  resume: "Resume",
  resumed: "Automatic deployment goes on.",
  deploy: "Deploy",
  notDeployed: "The last build could not be deployed",
  githubDeployments: "GitHub Deployments",
  githubDeploymentsOf: {
    active: "GitHub shows them, also in each pull request.",
    no_push_permission: "None: the person who switched this on may not push to the repository.",
    waiting_for_approval: "Waiting: the repository’s owner has to approve the App’s new permission at GitHub, “Deployments”.",
    unknown: "None yet.",
  },
};

export const previews: Messages["previews"] = {
  title: "Previews of pull requests",
  modes: { off: "None", build: "Build", deploy: "Build and deploy" },
  modeHints: {
    off: "A pull request starts nothing.",
    build: "Each pull request is built, and GitHub shows the result. Nothing is deployed.",
    deploy: "Each pull request also runs at an address of its own, apart from the service: one instance, no volume, no access to the project’s other services.",
  },
  whoDecides:
    "Anybody who can push a branch to this repository decides what is built and what runs in its previews. A pull request from a fork waits until a developer of the project approves its commit.",
  baseBranches: "Base branches",
  baseBranchesHint: (branch) =>
    `One per line. Only pull requests into these branches count. If empty: ${branch === "" ? "the default branch" : branch}`,
  variables: "Variables of previews",
  variablesHint: "One per line: KEY=value. A preview has none of the service’s variables, but these, PR_NUMBER and PREVIEW_URL.",
  secrets: "Secrets for previews",
  secretsHint:
    "One name per line, as it is saved for the service. The code of a pull request can read these secrets, and no others: name none of production.",
  off: "Off: a pull request starts nothing.",
  empty: "No pull requests yet.",
  waitingForApproval:
    "GitHub does not show the pull requests of this private repository yet: its owner has to approve the App’s new permission at GitHub, “Pull requests”.",
  limits: (limit, days) =>
    `At most ${limit} at once, in all projects of the owner. Each ends when its pull request is closed, or ${days} days after the last push.`,
  badge: "Preview",
  pullRequest: (n) => `Pull request #${n}`,
  of: (n, service) => `Pull request #${n} of ${service}`,
  fork: "from a fork",
  noTitle: "no title",
  into: "into",
  ends: (time) => `until ${time}`,
  approvedBy: (login) => `commit approved by ${login}`,
  showDeployment: "View the deployment",
  deleteHint: "The preview is removed from the cluster. The next push to the pull request creates it again.",
  states: {
    waiting_for_capacity: "Waits for a free place",
    building: "Building",
    build_failed: "Build failed",
    built: "Built",
    deploying: "Deploying",
    running: "Running",
    failed: "Failed",
    stopped: "Stopped",
    not_affected: "Nothing to build",
    skipped: "Skipped",
    waiting: "Waiting",
    ended: "Ended",
  },
  approve: "Approve this commit",
  approveNamed: (n) => `Approve this commit of pull request #${n}`,
  approveTitle: (sha, n) => `Approve commit ${sha} of pull request #${n}?`,
  stranger:
    "This code is from a fork: its author may have no access to the repository or to this project. Read all the changes first.",
  approveHint: {
    off: "",
    build: "Approving it builds it, with the service’s build arguments.",
    deploy: "Approving it builds it, with the service’s build arguments, then runs it with the variables and secrets of previews.",
  },
  onlyThisCommit: "Only this commit is approved: the next one waits again.",
  readChanges: "Read the changes at GitHub",
};

export const promotion: Messages["promotion"] = {
  promote: "Promote to…",
  title: (name) => `Promote ${name} to another project`,
  hint: "What runs here is deployed there: the same image and configuration, with its variables. Secrets, the address and the volume do not come along: the service there keeps its own.",
  replaces: "If it has a service of this name, that service’s image, configuration and variables are replaced.",
  project: "Project",
  service: "Service name in that project",
  noProject: "There is no other project that you can deploy to.",
  submit: "Promote",
  promoted: "Promoted",
  from: (revision, project) => `from revision ${revision} of project ${project}`,
};
