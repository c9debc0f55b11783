//! Procfiles: the processes that buildpacks make of them.

/// The name of the file, in the root.
pub const NAME: &str = "Procfile";

/// What Heroku runs before a release.
pub const RELEASE: &str = "release";

/// The names of the processes. The commands are in the image that buildpacks make.
pub fn processes(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let names = lines.filter_map(|line| {
        let (name, command) = line.split_once(':')?;
        let name = name.trim();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        (is_name && !name.is_empty() && !command.trim().is_empty()).then(|| name.to_owned())
    });
    names.collect()
}

/// The program that runs a process in an image of buildpacks (Cloud Native Buildpacks, Platform specification).
pub fn program(process: &str) -> String {
    format!("/cnb/process/{process}")
}
