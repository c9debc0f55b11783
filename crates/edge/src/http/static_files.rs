//! Serves a web page whose files are part of the component.
//!
//! The response depends on the path and headers only: no sign-in, no storage, and one setting
//! (`platform_url`).

use super::{body::BoxBody, conditional, reply::Reply, security_headers, serve::in_request_span};
use crate::{settings::Variables, telemetry::RequestSpan};
use http::{HeaderMap, Method, Request, Response, StatusCode, request::Parts};
use nokube_domain::{Problem, ProblemKind};

/// A web page that shows different content at several paths.
pub struct Site {
    pub files: &'static [StaticFile],
    /// The paths at which `/index.html` has something to show. A path that ends with `/` stands for all
    /// paths below it, except for `/` itself.
    pub page_paths: &'static [&'static str],
}

/// A file and its compressed copies.
pub struct StaticFile {
    pub path: &'static str,
    pub content_type: &'static str,
    /// With its quotes.
    pub etag: &'static str,
    pub plain: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

const INDEX: &str = "/index.html";

/// The path below which file names contain a hash of their content.
const ASSETS: &str = "/assets/";

/// Lets the page run its own scripts and styles and call its own platform, and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

pub async fn serve_site<B>(site: &Site, request: Request<B>) -> Response<BoxBody> {
    in_request_span("web", request, async |span, request, _| {
        let reply = security_headers::add_defaults(reply_to(span, site, &request));
        let platform = Variables::default().optional("platform_url").await;
        match platform.is_some_and(|url| url.starts_with("https://")) {
            true => security_headers::require_https(reply),
            false => reply,
        }
    })
    .await
}

fn reply_to(span: &RequestSpan, site: &Site, request: &Parts) -> Reply {
    let (method, path) = (&request.method, request.uri.path());
    let file_reply = |file: &StaticFile, status| {
        span.set_route("GET", file.path);
        file_reply(file, status, &request.headers)
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Reply::problem(&Problem::method_not_allowed("GET, HEAD".into()), path);
    }
    let find = |path: &str| site.files.iter().find(|file| file.path == path);
    // A client that uses a wrong API path is a program: it gets a problem instead of the page.
    let is_program = path.starts_with("/api/") || path.starts_with(ASSETS);
    match find(path).filter(|file| file.path != INDEX) {
        Some(file) => file_reply(file, StatusCode::OK),
        None if is_program => {
            let detail = "Nothing is served here. The routes are described at /docs.";
            Reply::problem(&Problem::new(ProblemKind::NotFound, detail), path)
        }
        // At other paths the page itself says that nothing is there.
        None => {
            let status = match site.has_page(path) {
                true => StatusCode::OK,
                false => StatusCode::NOT_FOUND,
            };
            match find(INDEX) {
                Some(index) => file_reply(index, status),
                None => Reply::empty(StatusCode::NOT_FOUND),
            }
        }
    }
}

impl Site {
    fn has_page(&self, path: &str) -> bool {
        self.page_paths.iter().any(|page| match page.strip_suffix('/') {
            Some(parent) if !parent.is_empty() => path.starts_with(page),
            _ => path == *page,
        })
    }
}

fn file_reply(file: &StaticFile, status: StatusCode, headers: &HeaderMap) -> Reply {
    let cache_control = match file.path.starts_with(ASSETS) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let reply = if status == StatusCode::OK && conditional::client_has(headers, file.etag) {
        Reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        let (bytes, encoding) = select_encoding(file, headers);
        let reply = Reply::full(status, file.content_type, bytes);
        match encoding {
            Some(encoding) => reply.header("content-encoding", encoding),
            None => reply,
        }
    };
    reply
        .header("cache-control", cache_control)
        .header("etag", file.etag)
        .header("vary", "accept-encoding")
        .header("content-security-policy", CONTENT_SECURITY_POLICY)
        .header("cross-origin-opener-policy", "same-origin")
        .header("permissions-policy", "camera=(), geolocation=(), microphone=()")
}

/// The smallest copy that the client accepts, and its content encoding.
fn select_encoding(
    file: &StaticFile,
    headers: &HeaderMap,
) -> (&'static [u8], Option<&'static str>) {
    let accepts = |encoding: &str| {
        let lists = headers.get_all("accept-encoding").iter().filter_map(|v| v.to_str().ok());
        lists.flat_map(|list| list.split(',')).any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let is_zero = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
            name.trim().eq_ignore_ascii_case(encoding) && !is_zero
        })
    };
    match (file.brotli.filter(|_| accepts("br")), file.gzip.filter(|_| accepts("gzip"))) {
        (Some(bytes), _) => (bytes, Some("br")),
        (None, Some(bytes)) => (bytes, Some("gzip")),
        (None, None) => (file.plain, None),
    }
}
