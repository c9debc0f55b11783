//! `nokube env list`: the variables that are saved, and whether they are deployed.

use crate::{
    Outcome, Result,
    commands::configuration::{Configuration, fields::variables},
    context::Context,
    output::{Style, Table, table::Cell},
    text,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

type Variables = BTreeMap<String, String>;

pub async fn run(context: &Context, service: Option<&str>) -> Result<Outcome> {
    let configuration = Configuration::load(context, service).await?;
    let saved = configuration.saved.configuration.as_ref().map(variables);
    let release = configuration.saved.release.as_ref();
    let deployed = release.map(|release| variables(&release.configuration));
    let output = &context.output;
    if output.is_json() {
        output.json(&json!({ "saved": saved, "deployed": deployed }));
        return Ok(Outcome::Done);
    }
    let table = table(saved.as_ref(), deployed.as_ref());
    match table.is_empty() {
        true => output.note(&text!("There are no variables.", "Il n’y a pas de variables.")),
        false => output.table(&table),
    }
    Ok(Outcome::Done)
}

/// Whether a variable is deployed as it is saved.
fn state(saved: Option<&String>, deployed: Option<&String>) -> String {
    match (saved, deployed) {
        (Some(saved), Some(deployed)) if saved == deployed => String::new(),
        (Some(_), Some(deployed)) => text!("runs with: {deployed}", "tourne avec : {deployed}"),
        (Some(_), None) => text!("not deployed yet", "pas encore déployée"),
        (None, _) => text!("removed, and still runs", "supprimée, et encore déployée"),
    }
}

/// `saved` is `None` if nothing is saved: then the next deployment has what runs.
fn table(saved: Option<&Variables>, deployed: Option<&Variables>) -> Table {
    let mut table = Table::new([text!("name", "nom"), text!("value", "valeur"), String::new()]);
    let empty = Variables::new();
    let (both, saved) = (saved.zip(deployed), saved.or(deployed).unwrap_or(&empty));
    let deployed = both.map(|(_, deployed)| deployed);
    let names: BTreeSet<_> =
        saved.keys().chain(deployed.into_iter().flat_map(Variables::keys)).collect();
    for name in names {
        let state = match deployed {
            Some(deployed) => state(saved.get(name), deployed.get(name)),
            None => String::new(),
        };
        let value = saved.get(name).map_or("", String::as_str);
        table.row([name.as_str().into(), value.into(), Cell::styled(state, Style::Faint)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_saved_is_compared_with_what_runs() {
        let saved = variables(&[("A", "1"), ("B", "2"), ("C", "3")]);
        let deployed = variables(&[("A", "1"), ("B", "x"), ("D", "4")]);
        let expected = "NAME  VALUE\n\
                        A     1\n\
                        B     2      runs with: x\n\
                        C     3      not deployed yet\n\
                        D            removed, and still runs\n";
        assert_eq!(table(Some(&saved), Some(&deployed)).render(false), expected);
    }

    #[test]
    fn without_one_of_both_there_is_nothing_to_compare() {
        let variables = variables(&[("A", "1")]);
        let expected = "NAME  VALUE\nA     1\n";
        assert_eq!(table(Some(&variables), None).render(false), expected);
        assert_eq!(table(None, Some(&variables)).render(false), expected);
        assert!(table(None, None).is_empty());
    }
}
