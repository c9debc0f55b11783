//! Reasons why a startup, readiness or liveness check fails: what came back.
//!
//! The text is that of the event `Unhealthy`, of which the kubelet writes one for each failure.

use super::{Outlook, Row, Source};
use nokube_domain::deployments::ErrorCode;

const fn check(
    id: &'static str,
    texts: &'static [&'static str],
    message: &'static str,
    action: &'static str,
) -> Row {
    Row {
        id,
        source: Source::Check,
        reasons: &[],
        texts,
        code: ErrorCode::NotReady,
        outlook: Outlook::PermanentIfRepeated,
        message,
        action,
    }
}

pub(super) const ROWS: &[Row] = &[
    check(
        "check-refused",
        &["connection refused"],
        "The {check} check ({request}) is refused: nothing listens on port {port} of the pod's \
         address.",
        "Have the program listen on all addresses (0.0.0.0, not 127.0.0.1 or localhost) and on port \
         {port}, or set container_port to the port that it listens on.",
    ),
    check(
        "check-timeout",
        &["deadline exceeded", "timeout", "timed out"],
        "The {check} check ({request}) gets no response within {timeout}.",
        "Have the program respond faster there, give it more CPU, or raise the timeout of its checks.",
    ),
    check(
        "check-not-found",
        &["statuscode: 404", "statuscode: 405", "statuscode: 410"],
        "The {check} check ({request}) gets the response {status}: the program has nothing at this \
         path.",
        "Set {field} to a path that it serves, or leave it out: then the port is checked.",
    ),
    check(
        "check-access",
        &["statuscode: 401", "statuscode: 403", "statuscode: 407"],
        "The {check} check ({request}) gets the response {status}: the path needs a login.",
        "Set {field} to a path that needs none, or leave it out: then the port is checked.",
    ),
    check(
        "check-request-rejected",
        &["statuscode: 4"],
        "The {check} check ({request}) gets the response {status}: the program rejects the request.",
        "The request has the pod's IP address as its Host: allow that, or set {field} to another \
         path.",
    ),
    check(
        "check-server-error",
        &["statuscode: 5"],
        "The {check} check ({request}) gets the response {status}: the program is not ready, or it \
         has a fault.",
        "Its log says why. Does it need something that is missing, such as a database?",
    ),
    check(
        "check-other-protocol",
        &[
            "malformed http",
            "https response",
            "tls: ",
            "http response to https",
            "server gave http",
        ],
        "The {check} check ({request}) gets a response that is not HTTP: the program speaks HTTPS or \
         another protocol on port {port}.",
        "Have it speak HTTP on this port, or leave out {field}: then the port is checked.",
    ),
    check(
        "check-redirect",
        &["redirect"],
        "The {check} check ({request}) is redirected without end.",
        "Set {field} to a path that is not redirected.",
    ),
    check(
        "check-connection-closed",
        &["connection reset", " eof", "broken pipe"],
        "The {check} check ({request}) gets no response: the program closes the connection.",
        "Its log says why. Does it speak HTTP on port {port}?",
    ),
    Row {
        code: ErrorCode::NodeError,
        outlook: Outlook::Temporary,
        ..check(
            "check-network",
            &["no route to host", "network is unreachable"],
            "The {check} check ({request}) does not reach the pod.",
            "If it persists, tell the administrator: the network of the pod's machine fails.",
        )
    },
    check(
        "check-other",
        &[],
        "The {check} check ({request}) fails.",
        "Its log says why. Does the program listen on port {port} and all addresses (0.0.0.0), and \
         is {field} right?",
    ),
];
