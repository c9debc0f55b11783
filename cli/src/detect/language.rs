//! Languages that buildpacks know, by the files of their projects.

use super::Files;
use std::collections::BTreeMap;

/// A folder with a program.
pub struct Language {
    pub folder: String,
    /// `None`: only a Procfile says that there is a program.
    pub name: Option<&'static str>,
    /// The port that programs in this language usually listen on. They get it as `PORT`, too.
    pub port: u16,
}

/// The file of a project with its language and usual port, the most telling first.
const PROJECT_FILES: [(&str, &str, u16); 18] = [
    ("go.mod", "Go", 8080),
    ("pom.xml", "Java", 8080),
    ("build.gradle", "Java", 8080),
    ("build.gradle.kts", "Java", 8080),
    ("Gemfile", "Ruby", 3000),
    ("composer.json", "PHP", 8080),
    ("mix.exs", "Elixir", 4000),
    ("Cargo.toml", "Rust", 8080),
    ("manage.py", "Python", 8000),
    ("requirements.txt", "Python", 8000),
    ("pyproject.toml", "Python", 8000),
    ("Pipfile", "Python", 8000),
    ("poetry.lock", "Python", 8000),
    ("package.json", "Node.js", 3000),
    ("deno.json", "Deno", 8000),
    ("global.json", ".NET", 8080),
    ("index.php", "PHP", 8080),
    ("index.html", "HTML", 8080),
];

/// How deep projects are looked for.
const MAX_DEPTH: usize = 2;

/// Folders that have projects which are no services.
const OTHER_FOLDERS: [&str; 13] = [
    "dist",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixtures",
    "lib",
    "libs",
    "node_modules",
    "packages",
    "test",
    "tests",
    "vendor",
];

/// Whether `name` says that there is a project in its folder.
pub fn is_project_file(name: &str) -> bool {
    rank(name).is_some()
}

/// The project in the root; without one, those in the folders below it.
pub fn find(files: &Files) -> Vec<Language> {
    let mut found = BTreeMap::new();
    for path in &files.paths {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let depth = if folder == "." { 0 } else { folder.split('/').count() };
        let is_other = folder.split('/').any(|part| OTHER_FOLDERS.contains(&part));
        if depth <= MAX_DEPTH
            && !is_other
            && let Some(rank) = rank(name)
        {
            let best = found.entry(folder.to_owned()).or_insert(rank);
            *best = rank.min(*best);
        }
    }
    let root = found.remove_entry(".");
    let folders: Vec<_> = match root {
        Some(root) => vec![root],
        None => found.into_iter().collect(),
    };
    // A project in a project is a part of it.
    let names: Vec<_> = folders.iter().map(|(folder, _)| format!("{folder}/")).collect();
    let is_part = |folder: &str| names.iter().any(|name| folder.starts_with(name));
    let folders = folders.into_iter().filter(|(folder, _)| !is_part(folder));
    let language = |(folder, rank)| {
        let (name, port) = match PROJECT_FILES.get(rank) {
            Some((_, name, port)) => (*name, *port),
            None => (".NET", 8080),
        };
        Language { folder, name: Some(name), port }
    };
    folders.map(language).collect()
}

/// The place in [`PROJECT_FILES`]; that of another project file is behind them.
fn rank(name: &str) -> Option<usize> {
    let known = PROJECT_FILES.iter().position(|(known, ..)| *known == name);
    known.or_else(|| name.ends_with(".csproj").then_some(PROJECT_FILES.len()))
}
