//! Pages of lists.

use axum::http::{HeaderName, HeaderValue, header};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PageQuery {
    pub per_page: Option<usize>,
    pub page: Option<usize>,
}

/// The items of a page, and the header with the link to the next one, unless it is the last. `url` is the list's, with the
/// rest of the query.
pub fn page<'a, T>(
    all: &'a [T],
    query: PageQuery,
    url: &str,
) -> (&'a [T], Option<(HeaderName, HeaderValue)>) {
    let size = query.per_page.unwrap_or(30).clamp(1, 100);
    let number = query.page.unwrap_or(1).max(1);
    let from = all.len().min((number - 1).saturating_mul(size));
    let to = all.len().min(from + size);
    let items = all.get(from..to).unwrap_or_default();
    let separator = if url.contains('?') { '&' } else { '?' };
    let link = format!("<{url}{separator}per_page={size}&page={}>; rel=\"next\"", number + 1);
    let link = HeaderValue::from_str(&link).ok().filter(|_| to < all.len());
    (items, link.map(|link| (header::LINK, link)))
}
