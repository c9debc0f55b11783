//! The behaviour of containers, which the name of the image chooses (see the table in
//! [`crate::kubernetes`]).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Works,
    /// Exits with code 1.
    Crashes,
    /// Is killed because it uses too much memory.
    OutOfMemory,
    /// The registry denies the pull.
    PullDenied,
    /// The registry does not have the image.
    NoSuchTag,
    /// No node has room for the pod.
    Unschedulable,
    /// Runs as root.
    RunsAsRoot,
    /// Runs, but its readiness probe fails.
    Unready,
    /// Becomes ready, and after a while its readiness probe fails.
    Hangs,
    /// Says no program to run, so that the pod must have a command or arguments.
    NoCommand,
}

const SUFFIXES: [(&str, Behaviour); 9] = [
    ("-crash", Behaviour::Crashes),
    ("-nopull", Behaviour::PullDenied),
    ("-notag", Behaviour::NoSuchTag),
    ("-oom", Behaviour::OutOfMemory),
    ("-pending", Behaviour::Unschedulable),
    ("-root", Behaviour::RunsAsRoot),
    ("-unready", Behaviour::Unready),
    ("-hangs", Behaviour::Hangs),
    ("-nocommand", Behaviour::NoCommand),
];

/// The image without its tag and digest.
pub fn repository(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or_default();
    match without_digest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => without_digest,
    }
}

pub fn behaviour_of(image: &str) -> Behaviour {
    let name = repository(image);
    let found = SUFFIXES.iter().find(|(suffix, _)| name.ends_with(suffix));
    found.map_or(Behaviour::Works, |(_, behaviour)| *behaviour)
}
