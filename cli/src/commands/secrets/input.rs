//! The values of secrets, from standard input, a question, or arguments.

use crate::{
    Error, Result,
    commands::configuration::Secrets,
    output::{Output, Style},
    text,
};
use std::io::{self, IsTerminal, Read};

/// Reads a value for each name.
///
/// # Errors
/// There is nowhere to read it from.
pub fn read(output: &Output, names: &[String], from_args: bool) -> Result<Secrets> {
    if from_args {
        output.note(&output.styled(Style::Warning, &text!(
            "Other programs can read these arguments, and your shell may keep them in its history.",
            "D’autres programmes peuvent lire ces arguments, et votre shell peut les garder dans son historique."
        )));
        return of_arguments(names);
    }
    if let Some(name) = names.iter().find(|name| name.contains('=')) {
        // The rest of the argument is a secret.
        let name = name.split('=').next().unwrap_or_default();
        return Err(Error::usage(text!(
            "Give the name only, {name}: the value is read from standard input, or asked for.",
            "Donnez seulement le nom, {name} : la valeur est lue sur l’entrée standard, ou demandée."
        ))
        .next(text!(
            "--from-args takes values from arguments.",
            "--from-args prend les valeurs dans les arguments."
        )));
    }
    match io::stdin().is_terminal() {
        true => ask(output, names),
        false => of_input(names),
    }
}

fn of_arguments(pairs: &[String]) -> Result<Secrets> {
    let pair = |(index, pair): (usize, &String)| {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            let number = index + 1;
            Error::usage(text!(
                "Argument {number} is no NAME=VALUE.",
                "L’argument {number} n’est pas un NOM=VALEUR."
            ))
        })?;
        Ok((name.to_owned(), Some(value.to_owned())))
    };
    pairs.iter().enumerate().map(pair).collect()
}

fn ask(output: &Output, names: &[String]) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    for name in names {
        let question = text!("Value of {name}:", "Valeur de {name} :");
        let value = output.ask_secret(&question)?.ok_or_else(|| {
            Error::usage(text!(
                "There is no terminal to ask in. Give the value on standard input.",
                "Aucun terminal ne permet de la demander. Donnez la valeur sur l’entrée standard."
            ))
        })?;
        secrets.insert(name.clone(), Some(value));
    }
    Ok(secrets)
}

/// All of standard input is one value.
fn of_input(names: &[String]) -> Result<Secrets> {
    let [name] = names else {
        return Err(Error::usage(text!(
            "Standard input has the value of one secret. Give one name.",
            "L’entrée standard contient la valeur d’un seul secret. Donnez un seul nom."
        ))
        .next(text!(
            "Several at once: nokube secrets import FILE",
            "Plusieurs à la fois : nokube secrets import FICHIER"
        )));
    };
    let mut value = String::new();
    io::stdin().read_to_string(&mut value).map_err(|_| {
        Error::usage(text!(
            "Standard input is not UTF-8 text.",
            "L’entrée standard n’est pas du texte UTF-8."
        ))
    })?;
    if value.is_empty() {
        return Err(Error::usage(text!(
            "Standard input is empty. Write the value of {name} to it.",
            "L’entrée standard est vide. Écrivez-y la valeur de {name}."
        )));
    }
    Ok([(name.clone(), Some(without_line_end(&value)))].into())
}

/// Without the line end that `echo` and editors add.
fn without_line_end(value: &str) -> String {
    let value = value.strip_suffix('\n').unwrap_or(value);
    value.strip_suffix('\r').unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_line_end_is_left_out() {
        assert_eq!(without_line_end("secret\n"), "secret");
        assert_eq!(without_line_end("secret\r\n"), "secret");
        assert_eq!(without_line_end("-----BEGIN\nx\n\n"), "-----BEGIN\nx\n");
        assert_eq!(without_line_end(" spaces stay "), " spaces stay ");
    }

    #[test]
    fn a_wrong_argument_is_not_repeated() {
        let secrets = of_arguments(&["A=b=c".into()]).unwrap();
        assert_eq!(secrets, [("A".to_owned(), Some("b=c".to_owned()))].into());
        let error = of_arguments(&["A=1".into(), "hidden".into()]).unwrap_err();
        assert!(error.message.contains('2') && !error.message.contains("hidden"), "{error}");
    }
}
