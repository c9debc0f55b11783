//! Which program runs the platform for `make run`: Spin, or the local host.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The components use WASI 0.3, which older versions of Spin do not have.
const OLDEST: (u32, u32) = (4, 1);

/// What the variable `SPIN` asks for.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// It is not set: Spin, if one that is new enough is in PATH.
    SpinFromPath,
    /// It is empty, or `local`.
    LocalHost,
    /// It is the path of a `spin`.
    Spin(PathBuf),
}

impl Request {
    pub fn from_variable(value: Option<&OsStr>) -> Self {
        match value {
            None => Self::SpinFromPath,
            Some(value) if value.is_empty() || value == "local" => Self::LocalHost,
            Some(path) => Self::Spin(path.into()),
        }
    }
}

/// The program that runs the platform.
#[derive(Debug, PartialEq)]
pub enum Host {
    Spin(PathBuf),
    LocalHost,
}

#[derive(Debug, PartialEq)]
pub struct Choice {
    pub host: Host,
    /// Which program it is, and why.
    pub reason: String,
}

/// Chooses the program. `read_version` returns what `PROGRAM --version` prints.
///
/// # Errors
/// `SPIN` names a program that cannot be used. A `spin` in PATH that cannot be used is not an error.
pub fn choose(
    request: Request,
    read_version: impl FnOnce(&Path) -> io::Result<String>,
) -> Result<Choice, String> {
    let local_host = |reason| Ok(Choice { host: Host::LocalHost, reason });
    match request {
        Request::LocalHost => local_host("using the local host, as SPIN says".into()),
        Request::SpinFromPath => {
            let program = PathBuf::from("spin");
            match usable_version(read_version(&program)) {
                Ok(version) => Ok(Choice {
                    host: Host::Spin(program),
                    reason: format!("spin {version} from PATH"),
                }),
                Err(Unusable::Missing) => {
                    local_host("no spin in PATH; using the local host".into())
                }
                Err(problem) => local_host(format!("{problem}; using the local host")),
            }
        }
        Request::Spin(program) => match usable_version(read_version(&program)) {
            Ok(version) => {
                let reason = format!("spin {version} from {}", program.display());
                Ok(Choice { host: Host::Spin(program), reason })
            }
            Err(problem) => Err(format!(
                "SPIN={}: {problem}. `SPIN=local make run` uses the local host",
                program.display()
            )),
        },
    }
}

#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("there is no such program")]
    Missing,
    #[error("spin does not run ({0})")]
    Failed(io::Error),
    #[error("spin is another program (its version is '{0}')")]
    Foreign(String),
    #[error("spin {0} is too old: {major}.{minor} is needed", major = OLDEST.0, minor = OLDEST.1)]
    TooOld(String),
}

/// The version, if the components run on it.
fn usable_version(output: io::Result<String>) -> Result<String, Unusable> {
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::Failed(error),
    })?;
    let line = output.lines().next().unwrap_or_default();
    let version = parse_version(line).ok_or_else(|| Unusable::Foreign(line.into()))?;
    if version.number < OLDEST {
        return Err(Unusable::TooOld(version.text.into()));
    }
    Ok(version.text.into())
}

#[derive(Debug, PartialEq)]
pub struct Version<'a> {
    pub text: &'a str,
    /// Major and minor.
    pub number: (u32, u32),
}

/// Parses what `spin --version` prints: `spin 4.1.0-pre0 (hash date)`. A pre-release counts as its release.
/// Returns `None` for another program of that name, such as the model checker Spin (`Spin Version 6.5.2`).
pub fn parse_version(line: &str) -> Option<Version<'_>> {
    let text = line.strip_prefix("spin ")?.split_whitespace().next()?;
    let (release, _) = text.split_once(['-', '+']).unwrap_or((text, ""));
    let mut numbers = release.split('.').map(|number| number.parse().ok());
    Some(Version { text, number: (numbers.next()??, numbers.next()??) })
}

/// Runs `PROGRAM --version`.
///
/// # Errors
/// It cannot be run, or fails.
pub fn read_version(program: &Path) -> io::Result<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The program that the variable `SPIN` and PATH lead to. Prints which it is, and why, to standard error.
///
/// # Errors
/// See [`choose`].
pub fn choose_from_environment() -> Result<Host, String> {
    let request = Request::from_variable(env::var_os("SPIN").as_deref());
    let choice = choose(request, read_version)?;
    eprintln!("{}", choice.reason);
    Ok(choice.host)
}
