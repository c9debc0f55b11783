//! Files that are part of a component: the web page.
//!
//! No sign-in, no storage, no settings but one: which bytes is decided by path and headers alone.

use crate::{
    BoxBody, Reply, Request, Response, headers, reply, route::in_scope, scope::Scope,
    settings::Variables,
};
use http::{HeaderMap, Method, StatusCode};
use nokube_domain::{Problem, ProblemKind};

/// A file, and the same compressed.
pub struct File {
    pub path: &'static str,
    pub content_type: &'static str,
    /// An entity tag, in its quotes.
    pub tag: &'static str,
    pub plain: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
}

/// What the page may do: run its own scripts and styles, and talk to its own platform.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// The page itself, which is shown at every path of [`PAGES`].
const PAGE: &str = "/index.html";

/// What the page's own paths begin with. It is shown elsewhere too, where it says that nothing is there.
const PAGES: &[&str] = &["/projects/", "/builds/", "/deployments/"];

pub async fn serve(files: &[File], request: Request) -> Response<BoxBody> {
    in_scope("web", request, async |scope, request| {
        let reply = headers::private(answer(scope, files, &request));
        let platform = Variables::default().optional("platform_url").await;
        match platform.is_some_and(|url| url.starts_with("https://")) {
            true => headers::only_by_tls(reply),
            false => reply,
        }
    })
    .await
}

fn answer(scope: &Scope, files: &[File], request: &Request) -> Reply {
    let (method, path) = (request.method(), request.uri().path());
    let send = |file: &File, status| {
        scope.at("GET", file.path);
        send(file, status, request.headers())
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Reply::problem(&Problem::new(ProblemKind::MethodNotAllowed, "Use GET here."), path);
    }
    let find = |path: &str| files.iter().find(|file| file.path == path);
    // Whoever calls the API at a wrong path is a program, which no page helps.
    let is_program = path.starts_with("/api/") || path.starts_with("/assets/");
    match find(path).filter(|file| file.path != PAGE) {
        Some(file) => send(file, StatusCode::OK),
        None if is_program => {
            let detail = "Nothing is served here. The routes are described at /docs.";
            Reply::problem(&Problem::new(ProblemKind::NotFound, detail), path)
        }
        None => {
            let known = matches!(path, "/" | "/account" | "/people" | "/docs")
                || PAGES.iter().any(|begin| path.starts_with(begin));
            let status = if known { StatusCode::OK } else { StatusCode::NOT_FOUND };
            match find(PAGE) {
                Some(page) => send(page, status),
                None => Reply::empty(StatusCode::NOT_FOUND),
            }
        }
    }
}

fn send(file: &File, status: StatusCode, headers: &HeaderMap) -> Reply {
    // Names below /assets/ are made of the content, so what is there never changes.
    let keep = match file.path.starts_with("/assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let known = headers.get("if-none-match").and_then(|tags| tags.to_str().ok());
    let reply = if status == StatusCode::OK && known.is_some_and(|tags| tags.contains(file.tag)) {
        Reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        let (bytes, coding) = form(file, headers);
        let reply = Reply::new(status, file.content_type, reply::fixed(bytes));
        match coding {
            Some(coding) => reply.header("content-encoding", coding),
            None => reply,
        }
    };
    reply
        .header("cache-control", keep)
        .header("etag", file.tag)
        .header("vary", "accept-encoding")
        .header("content-security-policy", POLICY)
        .header("cross-origin-opener-policy", "same-origin")
        .header("permissions-policy", "camera=(), geolocation=(), microphone=()")
}

/// The smallest form that the reader takes.
fn form(file: &File, headers: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let takes = |coding: &str| {
        let codings = headers.get_all("accept-encoding").iter().filter_map(|v| v.to_str().ok());
        codings.flat_map(|list| list.split(',')).any(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
            name.trim().eq_ignore_ascii_case(coding) && !refused
        })
    };
    match (file.brotli.filter(|_| takes("br")), file.gzip.filter(|_| takes("gzip"))) {
        (Some(bytes), _) => (bytes, Some("br")),
        (None, Some(bytes)) => (bytes, Some("gzip")),
        (None, None) => (file.plain, None),
    }
}
