// The texts of the page on which the command line asks to sign in, in French.

export const authorize = {
  title: "Connexion de la ligne de commande",
  signInFirst: "La commande nokube demande à se connecter à cette plateforme. Connectez-vous d’abord : la question suit.",
  question: (login: string) => `La ligne de commande de cet appareil demande à se connecter en tant que ${login}.`,
  device: "Appareil, d’après le programme",
  unknownDevice: "sans nom",
  account: "Votre compte",
  rights:
    "Elle pourra lire vos projets, construire, déployer et gérer vos projets, en votre nom, pendant 90 jours au plus. Vous pouvez révoquer son jeton sur la page Compte.",
  onlyIfYours: "N’acceptez que si vous venez de lancer « nokube login » vous-même, sur cet ordinateur.",
  allow: "Autoriser",
  refuse: "Refuser",
  otherAccount: "Pour un autre compte : déconnectez-vous, puis relancez « nokube login ».",
  allowed: "C’est autorisé. Vous pouvez fermer cette page et revenir à votre terminal.",
  refused: "C’est refusé : la ligne de commande n’a reçu aucun accès. Vous pouvez fermer cette page.",
  foreign: "La plateforme a répondu une adresse qui n’est pas celle de la ligne de commande. Rien ne lui a été envoyé.",
  invalid: "Ce lien n’est pas une demande valable de la ligne de commande.",
  invalidParameters: (names: string) => `Paramètres absents, répétés ou non permis : ${names}.`,
  startAgain: "Rien ne lui a été envoyé. Si c’est vous qui vous connectez, relancez « nokube login » et ouvrez l’adresse entière.",
};
