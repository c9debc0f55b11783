// The texts of the page on which the command line asks to sign in, in English.
import type { Messages } from "./fr";

export const authorize: Messages["authorize"] = {
  title: "Sign-in of the command line",
  signInFirst: "The command nokube asks to sign in to this platform. Sign in first, then you are asked.",
  question: (login) => `The command line on this device asks to sign in as ${login}.`,
  device: "Device, as the program says",
  unknownDevice: "without a name",
  account: "Your account",
  rights:
    "It will be able to read your projects, to build and deploy, and to manage your projects, in your name, for at most 90 days. You can revoke its token on the Account page.",
  onlyIfYours: "Allow this only if you have just started “nokube login” yourself, on this computer.",
  allow: "Allow",
  refuse: "Refuse",
  otherAccount: "For another account, sign out, then start “nokube login” again.",
  allowed: "Allowed. You can close this page and return to your terminal.",
  refused: "Refused: the command line has got no access. You can close this page.",
  foreign: "The platform answered with an address that is not the command line’s. Nothing was sent to it.",
  invalid: "This link is no valid request of the command line.",
  invalidParameters: (names) => `Parameters that are missing, repeated or not allowed: ${names}.`,
  startAgain: "Nothing was sent to it. If it is you who is signing in, start “nokube login” again and open the whole address.",
};
