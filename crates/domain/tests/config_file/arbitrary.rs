//! Any text is read without a panic, and its faults are in the text.

use nokube_domain::config_file::{FILE_NAME, MAX_ERRORS, parse};
use proptest::prelude::*;

/// Checks that each fault is in the text, and that they are in order.
fn check(text: &str) {
    let Err(errors) = parse(text) else { return };
    assert!((1..=MAX_ERRORS + 1).contains(&errors.len()), "{text:?}");
    let shown = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<_> = shown.split('\n').collect();
    for error in &errors {
        let line =
            lines.get(error.line as usize - 1).unwrap_or_else(|| panic!("{error} in {text:?}"));
        assert!(
            (1..=line.chars().count() + 1).contains(&(error.column as usize)),
            "{error} in {text:?}"
        );
        assert!(!error.detail.is_empty() && error.to_string().starts_with(FILE_NAME));
    }
    assert!(errors.is_sorted_by_key(|error| (error.line, error.column)), "{errors:?} in {text:?}");
}

/// Pieces of files, valid and invalid.
const PIECES: [&str; 40] = [
    "[services.a.build]",
    "[services.é]",
    "[services.a.deployment]",
    "[[services.a]]",
    "[services",
    "]",
    "\n",
    "\r\n",
    " ",
    "=",
    ".",
    "\"",
    "'''",
    "{",
    "}",
    "[",
    ",",
    "#",
    "context = ",
    "'web'",
    "replicas = ",
    "2",
    "1e999",
    "nan",
    "2026-01-01",
    "true",
    "env_vars",
    "secrets = ['A', 1]",
    "é",
    "\u{feff}",
    "\\u00",
    "build",
    "services",
    "deployment",
    "has_dockerfile = true",
    "storage_size",
    "9223372036854775808",
    "0xff",
    "project = 'a'",
    "\u{0}",
];

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_sequence_of_pieces(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)) {
        check(&pieces.concat());
    }

    #[test]
    fn a_valid_file_that_is_cut_or_changed(at in 0usize..400, piece in prop::sample::select(&PIECES[..])) {
        let text = include_str!("example.toml");
        let at = text.char_indices().map(|(i, _)| i).nth(at % text.chars().count()).unwrap();
        check(&text[..at]);
        check(&format!("{}{piece}{}", &text[..at], &text[at..]));
    }
}

#[test]
fn the_example_is_valid() {
    assert_eq!(parse(include_str!("example.toml")).unwrap().services.len(), 2);
}

#[test]
fn deep_nesting_is_a_fault() {
    for text in
        ["x = ".to_owned() + &"[".repeat(30_000), "x".to_owned() + &".x".repeat(30_000) + "=1"]
    {
        check(&text);
        assert!(parse(&text).is_err());
    }
}

/// Each inline table has a dotted key, so the levels are multiplied. A component has little stack.
#[test]
fn deep_nesting_by_dotted_keys_is_a_fault() {
    let key = "a".to_owned() + &".a".repeat(78);
    let value = format!("{{{key} = ").repeat(75) + "1" + &"}".repeat(75);
    let text = format!("[services.a.deployment]\nenv_vars = {value}\n");
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let errors = small.spawn(move || parse(&text).unwrap_err()).unwrap().join().unwrap();
    let text = errors[0].to_string();
    assert!(text.ends_with("is nested too deeply"), "{text}");
}
