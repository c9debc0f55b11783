//! Markers in commit messages that ask for no build. They are those of GitHub Actions.

const MARKERS: [&str; 5] =
    ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

/// Whether the message of a commit asks for no build: by a marker anywhere, or by the trailer `skip-checks: true` in
/// its last paragraph.
pub fn says_skip(message: &str) -> bool {
    let message = message.to_lowercase();
    MARKERS.iter().any(|marker| message.contains(marker)) || has_trailer(&message)
}

fn has_trailer(message: &str) -> bool {
    let lines: Vec<_> = message.trim_end().lines().map(str::trim).collect();
    let Some(blank) = lines.iter().rposition(|line| line.is_empty()) else { return false };
    let trailers = lines.iter().skip(blank.saturating_add(1));
    let mut trailers = trailers.filter_map(|line| line.split_once(':'));
    trailers.any(|(name, value)| name.trim() == "skip-checks" && value.trim() == "true")
}
