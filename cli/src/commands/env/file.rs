//! Files with variables (`.env`): lines `NAME=value`, with `export`, quotes, values of several lines and comments.
//!
//! Nothing is substituted: a value of the environment must not get into a saved secret because a password contains `$`.
//! That is why it is not `dotenvy`, which substitutes always.

use crate::{Error, Result, config::file_error, output::Output, text};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    io::{self, Read},
    iter::Peekable,
    path::Path,
    str::CharIndices,
};

/// The most bytes of a file that another file names.
const MAX_NAMED_FILE: u64 = 1024 * 1024;

/// A variable of a file.
#[derive(PartialEq, Eq)]
struct Variable {
    name: String,
    value: String,
    /// The number of the line where it begins.
    line: usize,
    /// Its value has `$`, which another program would replace.
    has_dollar: bool,
}

/// Values may be secrets.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=… (line {})", self.name, self.line)
    }
}

/// What is wrong with a line. It never contains the line, which may have a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NoName,
    NoEquals,
    OpenQuote,
    AfterQuote,
    Duplicate,
}

impl Fault {
    fn message(self) -> String {
        match self {
            Self::NoName => text!(
                "begins with no name: letters, digits and _, no digit first",
                "ne commence pas par un nom : lettres, chiffres et _, sans chiffre au début"
            ),
            Self::NoEquals => text!(
                "has no = after the name; write NAME=value",
                "n’a pas de = après le nom ; écrivez NOM=valeur"
            ),
            Self::OpenQuote => {
                text!("has a quote that is not closed", "a un guillemet qui n’est pas fermé")
            }
            Self::AfterQuote => text!(
                "has more text after the closing quote",
                "a encore du texte après le guillemet fermant"
            ),
            Self::Duplicate => {
                text!("sets a name a second time", "donne un nom une deuxième fois")
            }
        }
    }
}

/// The values that a file sets, or standard input for `-`, by their names.
///
/// # Errors
/// It cannot be read.
pub fn read(output: &Output, path: &Path) -> Result<BTreeMap<String, Option<String>>> {
    let mut text = String::new();
    let is_input = path.as_os_str() == "-";
    let read = match is_input {
        true => io::stdin().read_to_string(&mut text).map(|_| text),
        false => fs::read_to_string(path),
    };
    let text = read.map_err(|error| file_error(path, &error))?;
    let name = match is_input {
        true => text!("standard input", "entrée standard"),
        false => path.display().to_string(),
    };
    let variables = parse(&text).map_err(|faults| Error::usage(describe_faults(&name, &faults)))?;
    for Variable { line, name: variable, .. } in
        variables.iter().filter(|variable| variable.has_dollar)
    {
        output.note(&text!(
            "{name}:{line} {variable} contains $, which stays as it is: nothing is substituted.",
            "{name}:{line} {variable} contient $, qui reste tel quel : rien n’est remplacé."
        ));
    }
    Ok(variables.into_iter().map(|variable| (variable.name, Some(variable.value))).collect())
}

/// The names of the variables of a file. `None` if it cannot be read. A Compose file names it, so it may be anything: a
/// device has no end.
pub fn names(path: &Path) -> Option<Vec<String>> {
    fs::metadata(path).ok().filter(|it| it.is_file() && it.len() <= MAX_NAMED_FILE)?;
    let variables = parse(&fs::read_to_string(path).ok()?).ok()?;
    Some(variables.into_iter().map(|variable| variable.name).collect())
}

/// The faults of a file, as one line each.
fn describe_faults(file: &str, faults: &[(usize, Fault)]) -> String {
    let lines = faults.iter().map(|(line, fault)| format!("{file}:{line} {}", fault.message()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads the variables of a file.
///
/// # Errors
/// Each line that cannot be read.
fn parse(text: &str) -> Result<Vec<Variable>, Vec<(usize, Fault)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut variables, mut faults) = (Vec::<Variable>::new(), Vec::new());
    let mut names = BTreeSet::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let (end, result) = parse_entry(rest, line);
        match result {
            Ok(Some(variable)) if !names.insert(variable.name.clone()) => {
                faults.push((line, Fault::Duplicate));
            }
            Ok(variable) => variables.extend(variable),
            Err(fault) => faults.push((line, fault)),
        }
        let (read, remaining) = rest.split_at(end);
        line += read.matches('\n').count();
        rest = remaining;
    }
    if faults.is_empty() { Ok(variables) } else { Err(faults) }
}

/// Reads what begins at the start of `text`: a variable, a comment or an empty line. Returns where the next one begins.
fn parse_entry(text: &str, line: usize) -> (usize, Result<Option<Variable>, Fault>) {
    let end_of_line = text.find('\n').map_or(text.len(), |index| index + 1);
    let first = text.get(..end_of_line).unwrap_or(text);
    let content = first.trim();
    if content.is_empty() || content.starts_with('#') {
        return (end_of_line, Ok(None));
    }
    let (name, after) = match split_name(first) {
        Ok(split) => split,
        Err(fault) => return (end_of_line, Err(fault)),
    };
    let start = first.len() - after.len();
    let value = after.trim_start_matches([' ', '\t']);
    let variable =
        |value: String, has_dollar| Variable { name: name.into(), value, line, has_dollar };
    let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else {
        let value = without_comment(value).trim_end().to_owned();
        let has_dollar = value.contains('$');
        return (end_of_line, Ok(Some(variable(value, has_dollar))));
    };
    let opening = start + (after.len() - value.len());
    let quoted = text.get(opening + 1..).unwrap_or_default();
    let Some((value, length)) = parse_quoted(quoted, quote) else {
        return (end_of_line, Err(Fault::OpenQuote));
    };
    let closed = opening + 1 + length;
    let tail = text.get(closed..).unwrap_or_default();
    let end = tail.find('\n').map_or(text.len(), |index| closed + index + 1);
    let tail = tail.lines().next().unwrap_or_default().trim();
    if !tail.is_empty() && !tail.starts_with('#') {
        return (end, Err(Fault::AfterQuote));
    }
    let has_dollar = quote == '"' && value.contains('$');
    (end, Ok(Some(variable(value, has_dollar))))
}

/// The name at the beginning of a line, and what follows the `=`.
fn split_name(line: &str) -> Result<(&str, &str), Fault> {
    let line = line.trim_start();
    let exported = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    // `export = value` sets a variable of that name.
    let exported = exported.map(str::trim_start).filter(|rest| !rest.starts_with('='));
    let line = exported.unwrap_or(line);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length = line.find(|c| !is_name(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(length);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Fault::NoName);
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.strip_prefix('=').map(|after| (name, after)).ok_or(Fault::NoEquals)
}

/// An unquoted value up to its comment, which begins with a space: `a#b` is a value.
fn without_comment(value: &str) -> &str {
    if value.starts_with('#') {
        return "";
    }
    let comment = value.find(" #").into_iter().chain(value.find("\t#")).min();
    comment.and_then(|index| value.get(..index)).unwrap_or(value)
}

/// Reads a value up to its closing quote. Returns it, and the length of what was read; `None` if the quote is open.
fn parse_quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((value, index + 1)),
            '\\' if quote == '"' => value.push_str(&unescape(&mut chars)),
            // Line ends of Windows.
            '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
            c => value.push(c),
        }
    }
    None
}

/// What a backslash in double quotes stands for, with the character after it.
fn unescape(chars: &mut Peekable<CharIndices<'_>>) -> String {
    match chars.next().map(|(_, c)| c) {
        Some('n') => "\n".into(),
        Some('r') => "\r".into(),
        Some('t') => "\t".into(),
        Some(c @ ('\\' | '"' | '\'' | '$' | '`')) => c.into(),
        // As in a shell, others keep the backslash.
        Some(c) => format!("\\{c}"),
        None => "\\".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let variables = parse(text).unwrap();
        variables.into_iter().map(|variable| (variable.name, variable.value)).collect()
    }

    fn value(text: &str) -> String {
        let [(_, value)] = <[_; 1]>::try_from(values(text)).unwrap();
        value
    }

    #[test]
    fn ordinary_lines_comments_and_export() {
        let text = "\u{feff}# about\n\nA=1\n  export B = two words  \nC=x#y # comment\nD=\nE= # none\nexport=x\nF-g.h=1";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "x#y"),
            ("D", ""),
            ("E", ""),
            ("export", "x"),
            ("F-g.h", "1"),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.into(), value.into())));
    }

    #[test]
    fn quotes_keep_spaces_and_comment_signs() {
        assert_eq!(value("A=' x # y '  # comment\n"), " x # y ");
        assert_eq!(value(r#"A="a \"b\" \n \t \\ \$ \d""#), "a \"b\" \n \t \\ $ \\d");
        assert_eq!(value(r"A='C:\new'"), r"C:\new");
        // Quotes inside of a value without quotes are part of it.
        assert_eq!(value("A=it's"), "it's");
    }

    #[test]
    fn values_can_have_several_lines() {
        let key = "-----BEGIN KEY-----\nabc\n# no comment\nA=b\n-----END KEY-----\n";
        for quote in ['"', '\''] {
            let text = format!("KEY={quote}{key}{quote} # the key\r\nB=2\r\n");
            assert_eq!(values(&text), [("KEY".into(), key.into()), ("B".into(), "2".into())]);
        }
        assert_eq!(value("A=\"x\r\ny\"\r\n"), "x\ny");
    }

    #[test]
    fn nothing_is_substituted() {
        let text = "A=$HOME\nB=\"${PATH} a$b\"\nC='$x'\nD=x";
        let variables = parse(text).unwrap();
        let values: Vec<_> = variables.iter().map(|variable| variable.value.as_str()).collect();
        assert_eq!(values, ["$HOME", "${PATH} a$b", "$x", "x"]);
        let dollars: Vec<_> = variables.iter().map(|variable| variable.has_dollar).collect();
        assert_eq!(dollars, [true, true, false, false]);
    }

    #[test]
    fn all_faults_are_found_and_show_no_values() {
        let text = "A=1\nsecret-without-equals value\n=secret\n1A=x\nB='a' secret\nA=secret\nC=\"x\ny\"\nD='secret\nE=1\n";
        let faults = parse(text).unwrap_err();
        let expected = [
            (2, Fault::NoEquals),
            (3, Fault::NoName),
            (4, Fault::NoName),
            (5, Fault::AfterQuote),
            (6, Fault::Duplicate),
            (9, Fault::OpenQuote),
        ];
        assert_eq!(faults, expected);
        let description = describe_faults(".env", &faults);
        assert!(description.starts_with(".env:2 "), "{description}");
        assert!(
            !description.contains("secret")
                && !format!("{:?}", parse("A=secret")).contains("secret")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_another_one_names_is_a_file_of_limited_size() {
        assert_eq!(names(Path::new("/dev/zero")), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.env");
        fs::write(&path, "A=1\nB=2\n").unwrap();
        assert_eq!(names(&path).unwrap(), ["A", "B"]);
        fs::write(&path, "#".repeat(1024 * 1024 + 1)).unwrap();
        assert_eq!(names(&path), None);
    }
}
