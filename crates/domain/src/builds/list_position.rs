//! Where the next page of a list of builds begins. Clients send it back unchanged as `next`.

use crate::ProjectId;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The projects whose builds are merged into one list. A caller with more projects gets the builds of this many, and
/// then those of the next ones.
pub const MAX_MERGED_PROJECTS: usize = 50;

/// Where a list continues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPosition {
    /// The projects that are being listed, each with the number of its newest build that was not listed yet.
    pub projects: BTreeMap<ProjectId, u32>,
    /// The caller's projects that follow, when all builds of these are listed.
    pub later: ProjectNumbers,
}

/// The rest of a caller's projects: first their own, then those that they are a member of, each from this number down
/// to 1. As an iterator, it removes the numbers that it returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectNumbers {
    pub own: u32,
    pub memberships: u32,
}

/// A number in one of a caller's two lists of projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectNumber {
    Own(u32),
    Membership(u32),
}

impl ProjectNumbers {
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl Iterator for ProjectNumbers {
    type Item = ProjectNumber;

    fn next(&mut self) -> Option<ProjectNumber> {
        let Self { own, memberships } = *self;
        if let Some(rest) = own.checked_sub(1) {
            self.own = rest;
            return Some(ProjectNumber::Own(own));
        }
        self.memberships = memberships.checked_sub(1)?;
        Some(ProjectNumber::Membership(memberships))
    }
}

impl ListPosition {
    /// Whether the list has ended.
    pub fn is_end(&self) -> bool {
        self.projects.is_empty() && self.later.is_empty()
    }
}

/// `PROJECT-BUILD.PROJECT-BUILD~OWN-MEMBERSHIPS`; the part from `~` on is left out if no projects follow.
impl fmt::Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (project, number)) in self.projects.iter().enumerate() {
            let separator = if index == 0 { "" } else { "." };
            write!(f, "{separator}{project}-{number}")?;
        }
        let ProjectNumbers { own, memberships } = self.later;
        if self.later.is_empty() { Ok(()) } else { write!(f, "~{own}-{memberships}") }
    }
}

/// The text is no position, or has too many projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPosition;

impl FromStr for ListPosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (projects, later) = match text.split_once('~') {
            Some((projects, later)) => (projects, Some(numbers(later)?)),
            None => (text, None),
        };
        let mut position = Self::default();
        if let Some((own, memberships)) = later {
            position.later = ProjectNumbers { own, memberships };
        }
        for part in projects.split('.').filter(|_| !projects.is_empty()) {
            let (project, number) = numbers(part)?;
            let is_new = position.projects.insert(ProjectId(project), number).is_none();
            if !is_new || position.projects.len() > MAX_MERGED_PROJECTS {
                return Err(InvalidPosition);
            }
        }
        if text.is_empty() { Err(InvalidPosition) } else { Ok(position) }
    }
}

fn numbers(text: &str) -> Result<(u32, u32), InvalidPosition> {
    let (first, second) = text.split_once('-').ok_or(InvalidPosition)?;
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(|_| InvalidPosition),
        false => Err(InvalidPosition),
    };
    Ok((number(first)?, number(second)?))
}
