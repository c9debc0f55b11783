//! `command` and `args`.

use crate::fixtures::{field_errors, invalid_fields, limits, parse, request_with};
use serde_json::{Value, json};

#[test]
fn a_program_and_its_arguments_are_taken_word_by_word() {
    let spec = parse(json!({})).spec;
    assert!(spec.command.is_empty() && spec.args.is_empty(), "the image's own");
    for empty in [json!([]), Value::Null] {
        assert_eq!(parse(json!({ "command": empty, "args": empty })).spec, spec);
    }
    let script = "set -e\nexec node \"$1\" $(PORT)";
    let more = json!({ "command": ["sh", "-c", script], "args": ["", "--name=a b"] });
    let spec = parse(more).spec;
    assert_eq!(spec.command, ["sh", "-c", script], "nothing is expanded");
    assert_eq!(spec.args, ["", "--name=a b"]);
}

#[test]
fn invalid_commands_are_rejected() {
    let table = [
        (json!({ "command": 1 }), "command"),
        (json!({ "command": {} }), "command"),
        (json!({ "command": [null] }), "command"),
        (json!({ "command": ["a", ["b"]] }), "command"),
        (json!({ "command": [""] }), "command"),
        (json!({ "command": ["  ", "a"] }), "command"),
        (json!({ "command": ["a\0b"] }), "command"),
        (json!({ "command": vec!["a"; 101] }), "command"),
        (json!({ "command": ["a", "b".repeat(32 * 1024)] }), "command"),
        (json!({ "args": ["a", 1] }), "args"),
        (json!({ "args": ["\0"] }), "args"),
        (json!({ "args": vec!["a"; 101] }), "args"),
        (json!({ "command": ["a"], "args": ["b".repeat(32 * 1024)] }), "args"),
    ];
    for (more, field) in table {
        assert_eq!(invalid_fields(more.clone()), [field], "{more}");
    }
    parse(json!({ "command": vec!["a"; 100], "args": ["b".repeat(32 * 1024 - 100)] }));
}

#[test]
fn the_error_for_a_command_line_in_one_string_suggests_the_list() {
    let detail = |line: &str| {
        let errors = field_errors(&request_with(json!({ "command": line })), &limits());
        errors[0].1.clone()
    };
    assert!(detail("npm run start").ends_with(r#"; did you mean ["npm","run","start"]?"#));
    // How these are split depends on the shell.
    for line in ["sh -c 'a b'", "a && b", "echo $HOME", "a \\b", ""] {
        let detail = detail(line);
        assert!(detail.ends_with("must be a list of strings, one for each word"), "{detail}");
    }
}
