//! Questions in a terminal.

use super::{Output, clean};
use crate::{Error, Exit, Result, text};
use inquire::{
    Confirm, InquireError, Password, PasswordDisplayMode, Select, Text, ui::RenderConfig,
};

impl Output {
    /// Whether to do something that cannot be undone. `--yes` answers; without a terminal it is required.
    pub fn confirm(&self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !self.can_ask {
            return Err(Error::usage(text!(
                "This needs a confirmation: {question}",
                "Une confirmation est nécessaire : {question}"
            ))
            .next(text!("Confirm it with --yes", "Confirmez avec --yes")));
        }
        let question = clean(question);
        let confirm = Confirm::new(&question).with_default(false).with_render_config(self.render());
        match confirm.prompt().map_err(asked)? {
            true => Ok(()),
            false => Err(Error::failed(text!("Nothing was changed.", "Rien n’a changé."))),
        }
    }

    /// The chosen one, or `None` if no question can be asked. Each is shown as its `text`.
    pub fn choose<'a, T>(
        &self,
        question: &str,
        choices: &'a [T],
        text: impl Fn(&T) -> String,
    ) -> Result<Option<&'a T>> {
        if !self.can_ask {
            return Ok(None);
        }
        let question = clean(question);
        let texts = choices.iter().map(|choice| clean(&text(choice)).into_owned()).collect();
        let select = Select::new(&question, texts).without_help_message();
        let chosen = select.with_render_config(self.render()).raw_prompt().map_err(asked)?;
        Ok(choices.get(chosen.index))
    }

    /// A text, or `None` if no question can be asked.
    pub fn ask(&self, question: &str, default: Option<&str>) -> Result<Option<String>> {
        if !self.can_ask {
            return Ok(None);
        }
        let question = clean(question);
        let mut text = Text::new(&question).with_render_config(self.render());
        if let Some(default) = default {
            text = text.with_default(default);
        }
        text.prompt().map(Some).map_err(asked)
    }

    /// A secret, which is not shown, or `None` if no question can be asked.
    pub fn ask_secret(&self, question: &str) -> Result<Option<String>> {
        if !self.can_ask {
            return Ok(None);
        }
        let question = clean(question);
        let password = Password::new(&question)
            .with_display_mode(PasswordDisplayMode::Hidden)
            .without_confirmation()
            .with_render_config(self.render());
        password.prompt().map(Some).map_err(asked)
    }

    fn render(&self) -> RenderConfig<'static> {
        if self.stderr.colour { RenderConfig::default_colored() } else { RenderConfig::empty() }
    }
}

fn asked(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Error::new(Exit::Interrupted, text!("Nothing was changed.", "Rien n’a changé."))
        }
        other => Error::failed(other.to_string()),
    }
}
