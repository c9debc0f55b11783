// The texts about the configuration file in a repository, in French.

export const configFile = {
  title: "Fichier de configuration",
  enable: "Utiliser le nokube.toml du dépôt",
  enableHint:
    "Chaque push lit nokube.toml, à la racine de la branche. Ce que la section du service y dit remplace ce qui est enregistré ici, et se change alors dans le fichier. Il ne change jamais les secrets, les prévisualisations, le déploiement automatique ni le domaine.",
  fromFile: "Ce champ vient du dépôt ; changez-le là-bas :",
  notRead: "Le fichier n’a pas encore été lu. Le prochain push le lit.",
  file: "Fichier",
  buildFields: "Champs de build",
  deploymentFields: "Champs de déploiement",
  none: "aucun",
  invalid: "nokube.toml a des erreurs : rien n’est construit à partir de ce commit",
  whatToDo: "Ce que le fichier disait auparavant reste en vigueur. Corrigez le fichier, puis poussez.",
  place: (line: number, column: number) => `ligne ${line}, colonne ${column}`,
};
