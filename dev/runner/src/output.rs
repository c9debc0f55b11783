//! The output of a step: which lines are workflow commands, and what the log shows.
//!
//! Source of the rules: `ActionCommandManager.cs` and `ActionCommand.cs` of GitHub's runner: `::name …::value` at the
//! beginning of a line, and the older `##[name …]value` anywhere in a line. After `::stop-commands::TOKEN` only
//! `::TOKEN::` is a command.

/// What a step printed.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub text: String,
    pub commands: Vec<String>,
}

impl Output {
    /// Adds a line that the step printed. Returns what the log shows of it.
    pub fn add_line(&mut self, line: &str, reader: &mut CommandReader) -> Option<String> {
        self.text += line;
        self.text.push('\n');
        let read = reader.read(line);
        if read.is_command {
            self.commands.push(line.to_owned());
        }
        read.shown
    }
}

/// Reads the lines of one job.
#[derive(Debug, Default)]
pub struct CommandReader {
    stop_token: Option<String>,
    /// What the log shows as `***`.
    masks: Vec<String>,
}

pub struct ReadLine {
    pub is_command: bool,
    /// Nothing for a command that the log does not show.
    pub shown: Option<String>,
}

impl CommandReader {
    pub fn with_masks(masks: &[&str]) -> Self {
        Self { stop_token: None, masks: masks.iter().map(|mask| (*mask).to_owned()).collect() }
    }

    pub fn read(&mut self, line: &str) -> ReadLine {
        let text = ReadLine { is_command: false, shown: Some(self.masked(line)) };
        if let Some(token) = &self.stop_token {
            if line.trim_start() == format!("::{token}::") {
                self.stop_token = None;
            }
            return text;
        }
        if let Some(token) = line.trim_start().strip_prefix("::stop-commands::") {
            self.stop_token = Some(token.to_owned());
            return text;
        }
        let Some((name, value)) = command(line) else { return text };
        let shown = match name {
            // The log has them in the older form, without their properties.
            "error" | "warning" | "notice" | "debug" | "group" | "endgroup" => {
                Some(self.masked(&format!("##[{name}]{value}")))
            }
            "add-mask" => {
                self.masks.push(value.to_owned());
                None
            }
            _ => None,
        };
        ReadLine { is_command: true, shown }
    }

    fn masked(&self, line: &str) -> String {
        let masks = self.masks.iter().filter(|mask| !mask.is_empty());
        masks.fold(line.to_owned(), |line, mask| line.replace(mask.as_str(), "***"))
    }
}

/// The name and the value of the command in the line.
fn command(line: &str) -> Option<(&str, &str)> {
    let current = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
    let legacy = || line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
    let (command, value) = current.or_else(legacy)?;
    let name = command.split_once(' ').map_or(command, |(name, _)| name);
    Some((name, value))
}
