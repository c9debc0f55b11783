//! `allowed_outbound_hosts`: the hosts that a component may send requests to. An entry is
//! `scheme://host:port`, where each of the three may be `*`.

use std::net::IpAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use http::Uri;
use ipnet::IpNet;

/// The host name in a component's requests to its own application.
pub const SELF_HOST: &str = "self.alt";
const ALL_PORTS: Range<u32> = 0..1 << 16;
const CHAINING_SUFFIX: &str = ".spin.internal";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllowedHosts(Vec<Entry>);

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// `None` for `*`.
    scheme: Option<String>,
    host: Host,
    /// The end is exclusive.
    ports: Range<u32>,
}

#[derive(Debug, Clone, PartialEq)]
enum Host {
    Any,
    /// `self`: the application itself.
    ToSelf,
    Exact(String),
    /// `*.example.com`, stored as `.example.com`.
    Subdomain(String),
    Network(IpNet),
}

impl AllowedHosts {
    pub fn add(&mut self, entry: &str) -> Result<()> {
        let parsed = Entry::parse(entry.trim())
            .with_context(|| format!("allowed_outbound_hosts: invalid entry {entry:?}"))?;
        self.0.push(parsed);
        Ok(())
    }

    pub fn allows(&self, uri: &Uri) -> bool {
        let Some(destination) = Destination::from_uri(uri) else {
            return false;
        };
        self.0.iter().any(|entry| entry.allows(&destination))
    }
}

/// The entry that would allow a request to `uri`. For error messages.
pub fn entry_for(uri: &Uri) -> String {
    match Destination::from_uri(uri) {
        Some(destination) if destination.host == SELF_HOST => {
            format!("{}://self", destination.scheme)
        }
        Some(Destination { scheme, host, port: Some(port) }) => {
            match Some(port) == default_port(&scheme) {
                true => format!("{scheme}://{host}"),
                false => format!("{scheme}://{host}:{port}"),
            }
        }
        Some(Destination { scheme, host, port: None }) => format!("{scheme}://{host}:*"),
        None => uri.to_string(),
    }
}

/// The component that a request to `uri` calls, if it is a chained call.
pub fn chained_component(uri: &Uri) -> Option<&str> {
    component_from_host(uri.host()?)
}

/// Returns `component` for `component.spin.internal`, with or without a port.
pub fn component_from_host(host: &str) -> Option<&str> {
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    host.strip_suffix(CHAINING_SUFFIX).filter(|id| !id.is_empty() && !id.contains('.'))
}

struct Destination {
    scheme: String,
    host: String,
    /// `None` if the URI has no port and the scheme no default port.
    port: Option<u16>,
}

impl Destination {
    fn from_uri(uri: &Uri) -> Option<Destination> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let host = uri.host()?.to_ascii_lowercase();
        let port = uri.port_u16().or_else(|| default_port(&scheme));
        Some(Destination { scheme, host, port })
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Entry> {
        let (scheme, rest) = entry.split_once("://").context(
            "it has no scheme. The format is scheme://host:port, such as https://api.example.com; each part may be `*`",
        )?;
        ensure!(
            scheme == "*" || scheme.chars().all(|c| c.is_ascii_alphabetic()) && !scheme.is_empty(),
            "{scheme:?} is not a scheme"
        );
        let (host, port) = split_port(rest);
        Ok(Entry {
            scheme: (scheme != "*").then(|| scheme.to_string()),
            host: Host::parse(host)?,
            ports: parse_ports(port, scheme)?,
        })
    }

    fn allows(&self, destination: &Destination) -> bool {
        let scheme = self.scheme.as_ref().is_none_or(|scheme| *scheme == destination.scheme);
        // As in Spin, the port does not matter in requests to the own application.
        if destination.host == SELF_HOST {
            return scheme && matches!(self.host, Host::ToSelf | Host::Any);
        }
        scheme
            && self.host.allows(&destination.host)
            && destination
                .port
                .map_or(self.ports == ALL_PORTS, |port| self.ports.contains(&port.into()))
    }
}

/// Splits at the last colon that is not inside the brackets of an IPv6 address.
fn split_port(rest: &str) -> (&str, &str) {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.trim_end_matches('/')),
        _ => (rest, ""),
    }
}

impl Host {
    fn parse(host: &str) -> Result<Host> {
        if let Ok(network) = host.parse::<IpNet>() {
            return Ok(Host::Network(network.trunc()));
        }
        let host = host.trim_end_matches('/');
        ensure!(!host.contains('/'), "an entry must not have a path");
        ensure!(!host.contains('@'), "an entry must not have a user");
        ensure!(!host.is_empty(), "it has no host");
        Ok(match (host, host.strip_prefix("*.")) {
            ("*", _) => Host::Any,
            ("self" | SELF_HOST, _) => Host::ToSelf,
            (_, Some(domain)) if !domain.contains('*') => Host::Subdomain(format!(".{domain}")),
            _ if host.contains('*') => bail!("the host must be `*`, `*.domain` or without `*`"),
            _ => Host::Exact(host.to_ascii_lowercase()),
        })
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Host::Any => true,
            Host::ToSelf => false,
            Host::Exact(exact) => exact == host,
            Host::Subdomain(suffix) => host.ends_with(suffix),
            Host::Network(network) => host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| network.contains(&address)),
        }
    }
}

fn parse_ports(port: &str, scheme: &str) -> Result<Range<u32>> {
    let number = |text: &str| -> Result<u32> {
        Ok(text.parse::<u16>().with_context(|| format!("{text:?} is not a port"))?.into())
    };
    let single = |port: u32| port..port + 1;
    Ok(match port.split_once("..") {
        _ if port == "*" => ALL_PORTS,
        _ if port.contains('/') => bail!("an entry must not have a path"),
        Some((from, to)) => number(from)?..number(to)?,
        None if port.is_empty() => single(u32::from(default_port(scheme).with_context(|| {
            format!("it has no port, and the scheme {scheme:?} has no default port")
        })?)),
        None => single(number(port)?),
    })
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "redis" => Some(6379),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}
