//! Errors in the arguments. clap's own texts are in English only.

use crate::{Exit, language::Language};
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use std::io::{self, Write};

/// Prints help, the version, or what is wrong, and returns the exit status.
pub fn report(error: &Error, language: Language, json: bool) -> u8 {
    if !error.use_stderr() {
        // The reader of a pipe may have ended.
        let _ = error.print();
        return Exit::Done.code();
    }
    if json {
        print(&crate::Error::usage(message(error, language)).to_json().to_string());
    } else if language == Language::French && error.kind() != HELP_INSTEAD {
        print(&format!("erreur: {}", message(error, language)));
    } else {
        let _ = error.print();
    }
    Exit::Usage.code()
}

fn print(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// No command was given.
const HELP_INSTEAD: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn message(error: &Error, language: Language) -> String {
    let own = if language == Language::French { french(error) } else { None };
    let text = own.unwrap_or_else(|| error.render().to_string());
    text.trim().trim_start_matches("error: ").to_owned()
}

/// The message in French, or `None` for the rare kinds.
fn french(error: &Error) -> Option<String> {
    let get = |kind| error.get(kind).map(plain);
    let argument = get(ContextKind::InvalidArg).unwrap_or_default();
    let value = get(ContextKind::InvalidValue).unwrap_or_default();
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => format!("argument inattendu : {argument}"),
        ErrorKind::InvalidSubcommand => {
            format!("commande inconnue : {}", get(ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::MissingSubcommand => "il manque une commande".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("il manque : {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("il manque une valeur pour {argument}")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("valeur invalide {value:?} pour {argument}")
        }
        ErrorKind::ArgumentConflict => match get(ContextKind::PriorArg) {
            Some(other) => format!("{argument} est incompatible avec {other}"),
            None => format!("{argument} ne peut être donné qu’une fois"),
        },
        _ => return None,
    };
    let hints = [
        (ContextKind::ValidValue, "valeurs possibles"),
        (ContextKind::ValidSubcommand, "commandes possibles"),
        (ContextKind::SuggestedArg, "proche"),
        (ContextKind::SuggestedSubcommand, "proche"),
        (ContextKind::SuggestedValue, "proche"),
    ];
    for (kind, name) in hints {
        if let Some(hint) = get(kind) {
            text.push_str(&format!("\n  {name} : {hint}"));
        }
    }
    if let Some(usage) = get(ContextKind::Usage) {
        text.push_str(&format!("\n\n{usage}"));
    }
    text.push_str("\n\nPour en savoir plus : --help");
    Some(text)
}

fn plain(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(values) => values.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => {
            texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        ContextValue::None => String::new(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    fn french_of(arguments: &[&str]) -> String {
        let all = std::iter::once("nokube").chain(arguments.iter().copied());
        french(&Cli::try_parse_from(all).unwrap_err()).unwrap()
    }

    #[test]
    fn errors_are_in_french() {
        let unknown = french_of(&["whoami", "--jsn"]);
        assert!(unknown.starts_with("argument inattendu : --jsn\n  proche : --json"), "{unknown}");
        assert!(unknown.contains("Usage: nokube whoami"), "{unknown}");
        let unknown = french_of(&["lgin"]);
        assert!(unknown.starts_with("commande inconnue : lgin\n  proche : login"), "{unknown}");
        let missing = french_of(&["promote", "web"]);
        assert!(missing.starts_with("il manque : --to <"), "{missing}");
        let invalid = french_of(&["members", "add", "bob", "king"]);
        assert!(invalid.starts_with("valeur invalide \"king\" pour <ROLE>"), "{invalid}");
        assert!(invalid.contains("valeurs possibles : viewer, developer"), "{invalid}");
        let conflict = french_of(&["login", "--device", "--no-browser"]);
        assert!(conflict.contains("incompatible"), "{conflict}");
    }
}
