//! Tests of the command tree.

use super::Cli;
use crate::language::Language;
use clap::{Command, CommandFactory};
use std::collections::BTreeMap;

#[test]
fn the_tree_is_consistent() {
    Cli::command().debug_assert();
}

/// The help texts of a command and all below it, by command and option.
fn texts(command: &Command, path: &str, found: &mut BTreeMap<String, String>) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    found.insert(path.to_owned(), about);
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        found.insert(format!("{path} {}", argument.get_id()), help);
    }
    for subcommand in command.get_subcommands() {
        texts(subcommand, &format!("{path} {}", subcommand.get_name()), found);
    }
}

fn all_texts() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    texts(&Cli::command(), "nokube", &mut found);
    found
}

#[test]
fn every_command_and_option_has_help_in_both_languages() {
    let english = all_texts();
    Language::French.set();
    let french = all_texts();
    assert!(english.len() > 100, "{}", english.len());
    for (place, text) in &english {
        assert!(!text.is_empty(), "{place} has no help");
        assert_ne!(text, &french[place], "{place} has no French help");
        assert!(!text.ends_with('.'), "{place}: a help text ends without a full stop");
    }
}
