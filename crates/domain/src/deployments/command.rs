//! `command` and `args`: the program of a container, by the rules of Kubernetes.
//!
//! <https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/>

use super::NewDeployment;
#[cfg(feature = "schema")]
use crate::schema::{FieldSchema, Schemas, string_list};
use crate::{
    fields::{FieldValue, Fields},
    text::with_suggestion,
};
use serde_json::{Value, json};

const MAX_WORDS: usize = 100;
/// Maximum size of `command` and `args` together, in bytes: they are part of the pod template.
const MAX_TOTAL_BYTES: usize = 32 * 1024;

/// A list of words. No shell reads them.
pub struct Words(pub Vec<String>);

impl FieldValue for Words {
    fn read(value: Value, field: &str, fields: &mut Fields) -> Option<Self> {
        let words = serde_json::from_value::<Vec<String>>(value.clone());
        let error = match words {
            Ok(words) if words.len() > MAX_WORDS => format!("must have at most {MAX_WORDS} items"),
            Ok(words) if words.iter().any(|word| word.contains('\0')) => {
                "must not contain a NUL character".to_owned()
            }
            Ok(words) => return Some(Self(words)),
            Err(_) => {
                with_suggestion("must be a list of strings, one for each word", list_of(&value))
            }
        };
        fields.add_error(field, error);
        None
    }

    #[cfg(feature = "schema")]
    fn schema(_: &mut Schemas) -> FieldSchema {
        string_list(MAX_WORDS)
    }
}

/// The list that was meant by a command line, if it is so plain that every shell would read it in the same way.
fn list_of(value: &Value) -> Option<String> {
    let line = value.as_str().filter(|line| line.len() <= 200)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ./:=_,@%+-".contains(c);
    let words: Vec<_> = line.split_whitespace().collect();
    (!words.is_empty() && line.chars().all(is_plain)).then(|| json!(words).to_string())
}

/// Checks the first word, which must be a program, and the size of both fields.
pub(super) fn check(f: &mut Fields, request: &NewDeployment) {
    let size = |words: &Option<Words>| -> usize {
        words.iter().flat_map(|words| &words.0).map(String::len).sum()
    };
    let (command, args) = (size(&request.command), size(&request.args));
    if command + args > MAX_TOTAL_BYTES {
        let max = MAX_TOTAL_BYTES / 1024;
        let field = if command > args { "command" } else { "args" };
        f.add_error(field, format!("must have at most {max} KiB, command and args together"));
    }
    let program = request.command.as_ref().and_then(|command| command.0.first());
    if program.is_some_and(|program| program.trim().is_empty()) {
        f.add_error("command", "must begin with the name of a program");
    }
}
