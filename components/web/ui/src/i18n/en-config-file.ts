// The texts about the configuration file in a repository, in English.
import type { Messages } from "./fr";

export const configFile: Messages["configFile"] = {
  title: "Configuration file",
  enable: "Use the repository’s nokube.toml",
  enableHint:
    "Each push reads nokube.toml, at the root of the branch. What the section of the service says there replaces what is saved here, and is then changed in the file. It never changes secrets, previews, automatic deployment or the domain.",
  fromFile: "This field comes from the repository; change it there:",
  notRead: "The file has not been read yet. The next push reads it.",
  file: "File",
  buildFields: "Fields of the build",
  deploymentFields: "Fields of the deployment",
  none: "none",
  invalid: "nokube.toml has errors: nothing is built of this commit",
  whatToDo: "What the file said before stays in effect. Correct the file, then push.",
  place: (line, column) => `line ${line}, column ${column}`,
};
