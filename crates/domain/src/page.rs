//! Pages of lists: `limit` and `offset`, newest first.

use crate::problem::{Fault, Problem};

/// What a list without `limit` shows, and the most that one may ask for.
pub const DEFAULT_LIMIT: u32 = 50;
pub const MAX_LIMIT: u32 = 200;

/// A page that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub limit: u32,
    pub offset: u32,
}

impl Page {
    /// Reads `limit` and `offset` of a query; both may be absent.
    ///
    /// # Errors
    /// Names each of the two that is not a whole number in its range.
    pub fn parse(limit: Option<&str>, offset: Option<&str>) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let mut read = |field: &str,
                        text: Option<&str>,
                        default: u32,
                        range: std::ops::RangeInclusive<u32>| {
            let Some(text) = text else { return default };
            match text.parse().ok().filter(|n| range.contains(n)) {
                Some(number) => number,
                None => {
                    let (low, high) = (range.start(), range.end());
                    let detail = format!("must be a whole number from {low} to {high}");
                    errors.push(Fault { field: field.into(), detail });
                    default
                }
            }
        };
        let limit = read("limit", limit, DEFAULT_LIMIT, 1..=MAX_LIMIT);
        let offset = read("offset", offset, 0, 0..=u32::MAX);
        if errors.is_empty() { Ok(Self { limit, offset }) } else { Err(Problem::invalid(errors)) }
    }

    /// The numbers of a counted series (1 to `count`) that stand on this page, newest first.
    pub fn numbers(self, count: u32) -> impl Iterator<Item = u32> + use<> {
        let newest = count.saturating_sub(self.offset);
        let oldest = newest.saturating_sub(self.limit);
        (oldest..newest).rev().map(|below| below + 1)
    }
}
