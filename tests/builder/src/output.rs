//! The output of a step, with the workflow commands that GitHub's runner would execute.
//!
//! Source of the rules: `ActionCommandManager.cs` and `ActionCommand.cs` of the runner: `::name …::value` at the
//! beginning of a line, and the older `##[name …]value` anywhere in a line. After `::stop-commands::TOKEN` only
//! `::TOKEN::` is a command.

#[derive(Default)]
pub struct Output {
    pub text: String,
    pub commands: Vec<String>,
}

impl Output {
    pub fn of_step(text: &str) -> Self {
        let mut commands = Vec::new();
        let mut stop_token: Option<String> = None;
        for line in text.lines() {
            if let Some(token) = &stop_token {
                if line.trim_start() == format!("::{token}::") {
                    stop_token = None;
                }
            } else if let Some(token) = line.trim_start().strip_prefix("::stop-commands::") {
                stop_token = Some(token.to_owned());
            } else if is_command(line) {
                commands.push(line.to_owned());
            }
        }
        Self { text: text.to_owned(), commands }
    }
}

fn is_command(line: &str) -> bool {
    let is_current = line.trim_start().strip_prefix("::").is_some_and(|rest| rest.contains("::"));
    let is_legacy = line.split_once("##[").is_some_and(|(_, rest)| rest.contains(']'));
    is_current || is_legacy
}
