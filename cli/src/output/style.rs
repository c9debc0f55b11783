//! Colours, and text without control characters.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

impl Style {
    pub fn apply(self, text: &str, colour: bool) -> String {
        let code = match self {
            _ if !colour => return text.to_owned(),
            Self::Plain => return text.to_owned(),
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The style of a status of a build, a deployment, a step or a preview.
    pub fn of_status(status: &str) -> Self {
        match status {
            "success" | "running" | "ready" | "yes" => Self::Good,
            "failed" | "no" => Self::Bad,
            "degraded" | "cancelled" => Self::Warning,
            "pending" | "building" | "deploying" => Self::Strong,
            _ => Self::Plain,
        }
    }
}

/// Whether a server could change with it what the terminal shows: a control character, or one that changes the direction
/// of the text around it. Ends of lines and tabs stay.
fn is_unwanted(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

/// The text without the characters by which a server could change what the terminal shows.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_unwanted) {
        Cow::Owned(text.replace(is_unwanted, ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The codes that [`Style::apply`] writes.
const CODES: [&str; 6] = ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m"];

/// As [`clean`], for text with the styles of this program, which stay: the last thing that is done with what a terminal
/// shows. So a text of a server, of git or of a file that nobody has cleaned does no harm.
pub fn clean_styled(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unwanted) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('\u{1b}');
    let mut cleaned = parts.next().map(|first| clean(first).into_owned()).unwrap_or_default();
    for part in parts {
        if CODES.iter().any(|code| part.starts_with(code)) {
            cleaned.push('\u{1b}');
        }
        cleaned.push_str(&clean(part));
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(clean("a\tb\nc"), "a\tb\nc");
        assert_eq!(clean("\u{1b}[2Jgone\u{9b}31m\r"), "[2Jgone31m");
        assert_eq!(clean("main\u{202e}nip\u{2066}x"), "mainnipx");
    }

    #[test]
    fn only_the_styles_of_this_program_reach_a_terminal() {
        let styled = format!("a {} b", Style::Bad.apply("failed", true));
        assert_eq!(clean_styled(&styled), styled);
        // Hidden text, the title of the window, the clipboard, the cursor.
        let hostile =
            "\u{1b}[8mx\u{1b}[0m \u{1b}]0;title\u{7} \u{1b}]52;c;eA==\u{1b}\\ \u{1b}[1A\r\u{9b}2J";
        let expected = "[8mx\u{1b}[0m ]0;title ]52;c;eA==\\ [1A2J";
        assert_eq!(clean_styled(hostile), expected);
    }

    #[test]
    fn there_is_no_colour_without_a_terminal() {
        assert_eq!(Style::Bad.apply("x", false), "x");
        assert_eq!(Style::Bad.apply("x", true), "\u{1b}[31mx\u{1b}[0m");
    }
}
