//! Pagination by `limit` and `offset`, newest first.

use crate::problem::{FieldError, Problem};

/// Items per page: without `limit`, and the largest `limit`.
pub const DEFAULT_LIMIT: u32 = 50;
pub const MAX_LIMIT: u32 = 200;

/// A requested page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub limit: u32,
    pub offset: u32,
}

impl Page {
    /// Parses the query parameters `limit` and `offset`; both are optional.
    ///
    /// # Errors
    /// Each of the two that is not an integer in its range.
    pub fn parse(limit: Option<&str>, offset: Option<&str>) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let mut parse = |field: &str,
                         text: Option<&str>,
                         default: u32,
                         range: std::ops::RangeInclusive<u32>| {
            let Some(text) = text else { return default };
            match text.parse().ok().filter(|n| range.contains(n)) {
                Some(number) => number,
                None => {
                    let (low, high) = (range.start(), range.end());
                    let detail = format!("must be a whole number from {low} to {high}");
                    errors.push(FieldError { field: field.into(), detail });
                    default
                }
            }
        };
        let limit = parse("limit", limit, DEFAULT_LIMIT, 1..=MAX_LIMIT);
        let offset = parse("offset", offset, 0, 0..=u32::MAX);
        if errors.is_empty() { Ok(Self { limit, offset }) } else { Err(Problem::invalid(errors)) }
    }

    /// The numbers on this page of a series numbered from 1 (oldest) to `count` (newest), newest first.
    pub fn numbers(self, count: u32) -> impl Iterator<Item = u32> + use<> {
        let newest = count.saturating_sub(self.offset);
        let oldest = newest.saturating_sub(self.limit);
        (oldest..newest).rev().map(|index| index + 1)
    }
}
