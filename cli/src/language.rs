//! The language of messages: English or French. Both texts of a message stand in one place, see [`text!`](crate::text).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    French,
}

#[cfg(not(test))]
mod of_process {
    use std::sync::atomic::{AtomicBool, Ordering};

    static FRENCH: AtomicBool = AtomicBool::new(false);

    pub fn is_french() -> bool {
        FRENCH.load(Ordering::Relaxed)
    }

    pub fn set_french(french: bool) {
        FRENCH.store(french, Ordering::Relaxed);
    }
}

/// In tests, each thread has its own language, so that tests do not change each other's.
#[cfg(test)]
mod of_process {
    use std::cell::Cell;

    thread_local!(static FRENCH: Cell<bool> = const { Cell::new(false) });

    pub fn is_french() -> bool {
        FRENCH.get()
    }

    pub fn set_french(french: bool) {
        FRENCH.set(french);
    }
}

impl Language {
    /// The language of the values of `LC_ALL`, `LC_MESSAGES` and `LANG`: the first that is not empty decides.
    pub fn of(variables: [Option<&str>; 3]) -> Self {
        let locale = variables.into_iter().flatten().find(|value| !value.is_empty());
        let language = locale.and_then(|locale| locale.split(['_', '.', '@', '-']).next());
        match language {
            Some(language) if language.eq_ignore_ascii_case("fr") => Self::French,
            _ => Self::English,
        }
    }

    /// The language of this process. English until [`set`](Self::set) was called.
    pub fn current() -> Self {
        if of_process::is_french() { Self::French } else { Self::English }
    }

    pub fn set(self) {
        of_process::set_french(self == Self::French);
    }
}

/// `text!("Signed in as {name}.", "Connecté en tant que {name}.")`: a `String` in the language of this process. Both
/// texts are formatted with the same arguments.
#[macro_export]
macro_rules! text {
    ($english:literal, $french:literal $(, $($arguments:tt)*)?) => {
        match $crate::language::Language::current() {
            $crate::language::Language::English => format!($english $(, $($arguments)*)?),
            $crate::language::Language::French => format!($french $(, $($arguments)*)?),
        }
    };
}

/// Like [`text!`](crate::text), without arguments: a `&'static str`, for the help of commands and options.
#[macro_export]
macro_rules! help {
    ($english:literal, $french:literal $(,)?) => {
        match $crate::language::Language::current() {
            $crate::language::Language::English => $english,
            $crate::language::Language::French => $french,
        }
    };
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let of = |all, messages, lang| Language::of([all, messages, lang]);
        assert_eq!(of(None, None, None), Language::English);
        assert_eq!(of(None, None, Some("fr_FR.UTF-8")), Language::French);
        assert_eq!(of(Some(""), Some(""), Some("fr")), Language::French);
        assert_eq!(of(Some("C"), None, Some("fr_FR.UTF-8")), Language::English);
        assert_eq!(of(Some("fr_CA"), Some("en_GB"), Some("en_GB")), Language::French);
        assert_eq!(of(None, Some("de_DE.UTF-8"), Some("fr_FR")), Language::English);
        assert_eq!(of(None, None, Some("frisian")), Language::English);
    }
}
