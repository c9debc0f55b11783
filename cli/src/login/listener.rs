//! A port of this computer to which the browser is sent back (RFC 8252, section 7.3).

use crate::{Error, Exit, Result, text};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::OnceLock,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

/// How long the person may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(300);
/// How long a connection may take to send its request and to read the page.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// What the browser brings.
#[derive(Debug, PartialEq, Eq)]
pub struct Granted {
    pub code: String,
    /// The address of the platform that has made the code.
    pub issuer: Option<String>,
}

/// How the person has answered.
type Answer = Result<Granted, Refused>;

/// The person, or the platform, has refused.
#[derive(Debug)]
struct Refused;

impl Listener {
    /// Takes a free port, which only programs of this computer reach.
    pub async fn bind() -> Option<Self> {
        let addresses = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ];
        let socket = TcpListener::bind(addresses.as_slice()).await.ok()?;
        let address = socket.local_addr().ok()?;
        Some(Self { socket, address })
    }

    pub fn redirect_uri(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// The code with which the browser is sent back. Other requests, and other `state`s, are rejected and change
    /// nothing.
    pub async fn code(self, state: &str, time_limit: Duration) -> Result<Granted> {
        let (sender, mut answers) = mpsc::unbounded_channel();
        let deadline = Instant::now() + time_limit;
        loop {
            tokio::select! {
                answer = answers.recv() => return match answer {
                    Some(Ok(granted)) => Ok(granted),
                    _ => Err(refused()),
                },
                connection = self.socket.accept() => if let Ok((stream, _)) = connection {
                    tokio::spawn(serve(stream, state.to_owned(), sender.clone()));
                },
                () = sleep_until(deadline) => return Err(too_late()),
            }
        }
    }
}

fn refused() -> Error {
    Error::new(
        Exit::NotAllowed,
        text!(
            "The sign-in was refused in the browser.",
            "La connexion a été refusée dans le navigateur."
        ),
    )
}

fn too_late() -> Error {
    let message = text!(
        "Nobody has answered in the browser for 5 minutes.",
        "Personne n’a répondu dans le navigateur pendant 5 minutes."
    );
    Error::new(Exit::NotAllowed, message).next(text!(
        "Start again: nokube login. If the browser cannot reach this computer: nokube login --device",
        "Recommencez : nokube login. Si le navigateur n’atteint pas cet ordinateur : nokube login --device"
    ))
}

/// Serves one connection. The answer is passed on once the browser has its page.
async fn serve(stream: TcpStream, state: String, sender: mpsc::UnboundedSender<Answer>) {
    let answer = OnceLock::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (response, found) = respond(&request, &state);
        if let Some(found) = found {
            let _ = answer.set(found);
        }
        async move { Ok::<_, Infallible>(response) }
    });
    let mut server = http1::Builder::new();
    let connection = server.keep_alive(false).serve_connection(TokioIo::new(stream), service);
    let _ = timeout(CONNECTION_LIMIT, connection).await;
    if let Some(answer) = answer.into_inner() {
        let _ = sender.send(answer);
    }
}

fn respond(request: &Request<Incoming>, state: &str) -> (Response<Full<Bytes>>, Option<Answer>) {
    let uri = request.uri();
    if request.method() != hyper::Method::GET || uri.path() != "/callback" {
        return (page(StatusCode::NOT_FOUND, Page::Unknown), None);
    }
    match read(uri.query().unwrap_or_default(), state) {
        Some(Ok(granted)) => (page(StatusCode::OK, Page::SignedIn), Some(Ok(granted))),
        Some(Err(refused)) => (page(StatusCode::OK, Page::Refused), Some(Err(refused))),
        None => (page(StatusCode::BAD_REQUEST, Page::Unknown), None),
    }
}

/// What the query says. `None` if it does not belong to this sign-in.
fn read(query: &str, state: &str) -> Option<Answer> {
    let value = |name: &str| {
        let mut values =
            url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        if values.next().is_some() { None } else { value }
    };
    if value("state")? != state {
        return None;
    }
    match (value("code"), value("error")) {
        (Some(code), None) if !code.is_empty() => Some(Ok(Granted { code, issuer: value("iss") })),
        (None, Some(_)) => Some(Err(Refused)),
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Page {
    SignedIn,
    Refused,
    Unknown,
}

/// A page whose text does not depend on the request.
fn page(status: StatusCode, page: Page) -> Response<Full<Bytes>> {
    let text = match page {
        Page::SignedIn => text!(
            "Go back to the terminal. This page can be closed.",
            "Revenez au terminal. Cette page peut être fermée."
        ),
        Page::Refused => text!(
            "The command line is not signed in. This page can be closed.",
            "La ligne de commande n’est pas connectée. Cette page peut être fermée."
        ),
        Page::Unknown => text!(
            "This address belongs to no sign-in of the command line.",
            "Cette adresse ne correspond à aucune connexion de la ligne de commande."
        ),
    };
    let html =
        format!("<!doctype html><meta charset=\"utf-8\"><title>NoKube</title><p>{text}</p>\n");
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_the_state_counts() {
        let read = |query: &str| read(query, "s1");
        let granted = |issuer: Option<&str>| Granted {
            code: "c1".to_owned(),
            issuer: issuer.map(str::to_owned),
        };
        assert_eq!(read("code=c1&state=s1").unwrap().unwrap(), granted(None));
        let with_issuer = read("code=c1&state=s1&iss=https%3A%2F%2Fa.example.com");
        assert_eq!(with_issuer.unwrap().unwrap(), granted(Some("https://a.example.com")));
        assert_eq!(read("code=c1&state=s1&iss=a&iss=b").unwrap().unwrap(), granted(None));
        assert!(read("error=access_denied&state=s1").unwrap().is_err());
        for wrong in [
            "",
            "code=c1",
            "state=s1",
            "code=c1&state=s2",
            "error=access_denied&state=s2",
            "code=&state=s1",
            "code=c1&state=s1&state=s2",
            "code=c1&code=c2&state=s1",
            "code=c1&error=access_denied&state=s1",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    async fn get(url: String) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn the_browser_comes_back_with_the_code() {
        let listener = Listener::bind().await.unwrap();
        let uri = listener.redirect_uri();
        let waiting = tokio::spawn(async move { listener.code("s1", TIME_LIMIT).await });
        let root = uri.trim_end_matches("callback");
        assert_eq!(get(format!("{root}favicon.ico")).await.0, 404);
        let (status, page) = get(format!("{uri}?code=evil<script>&state=guessed")).await;
        assert_eq!(status, 400);
        assert!(!page.contains("script"), "{page}");
        let (status, page) = get(format!("{uri}?code=c1&state=s1")).await;
        assert_eq!(status, 200);
        assert!(page.contains("Go back to the terminal"), "{page}");
        assert_eq!(waiting.await.unwrap().unwrap().code, "c1");
    }

    #[tokio::test]
    async fn the_person_may_refuse() {
        let listener = Listener::bind().await.unwrap();
        let uri = listener.redirect_uri();
        let waiting = tokio::spawn(async move { listener.code("s1", TIME_LIMIT).await });
        get(format!("{uri}?error=access_denied&state=s1")).await;
        assert_eq!(waiting.await.unwrap().unwrap_err().exit, Exit::NotAllowed);
    }

    #[tokio::test]
    async fn a_sign_in_ends_after_some_minutes() {
        let listener = Listener::bind().await.unwrap();
        let error = listener.code("s1", Duration::from_millis(20)).await.unwrap_err();
        assert!(error.message.contains("5 minutes"), "{}", error.message);
    }
}
