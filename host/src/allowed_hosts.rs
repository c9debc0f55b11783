//! `allowed_outbound_hosts`: where a component may send requests to. An entry
//! is `scheme://host:port`, each of the three may be `*`.

use std::net::IpAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use http::Uri;
use ipnet::IpNet;

/// The host of a component's requests to its own application.
pub const SELF_HOST: &str = "self.alt";
const CHAINING_SUFFIX: &str = ".spin.internal";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllowedHosts(Vec<Entry>);

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// `None` for `*`.
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Debug, Clone, PartialEq)]
enum Host {
    Any,
    Own,
    Exactly(String),
    /// With the leading dot.
    Below(String),
    Network(IpNet),
}

#[derive(Debug, Clone, PartialEq)]
enum Port {
    Any,
    /// The end is not part of it.
    Range(Range<u32>),
}

impl AllowedHosts {
    pub fn parse(entries: &[String]) -> Result<AllowedHosts> {
        let mut hosts = AllowedHosts::default();
        entries.iter().try_for_each(|entry| hosts.add(entry))?;
        Ok(hosts)
    }

    pub fn add(&mut self, entry: &str) -> Result<()> {
        let parsed = Entry::parse(entry.trim())
            .with_context(|| format!("allowed_outbound_hosts: {entry:?} cannot be used"))?;
        self.0.push(parsed);
        Ok(())
    }

    pub fn allow(&self, uri: &Uri) -> bool {
        let Some(target) = Target::of(uri) else {
            return false;
        };
        self.0.iter().any(|entry| entry.allows(&target))
    }
}

/// The entry that would allow a request, for the message that refuses it.
pub fn entry_for(uri: &Uri) -> String {
    match Target::of(uri) {
        Some(target) if target.host == SELF_HOST => format!("{}://self", target.scheme),
        Some(Target { scheme, host, port }) if Some(port) == default_port(&scheme) => {
            format!("{scheme}://{host}")
        }
        Some(Target { scheme, host, port }) => format!("{scheme}://{host}:{port}"),
        None => uri.to_string(),
    }
}

/// The component that a request is for, if it is for one of this application.
pub fn chained_component(uri: &Uri) -> Option<&str> {
    component_of_host(uri.host()?)
}

/// The component in `component.spin.internal`, with or without a port.
pub fn component_of_host(host: &str) -> Option<&str> {
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    host.strip_suffix(CHAINING_SUFFIX).filter(|id| !id.is_empty() && !id.contains('.'))
}

struct Target {
    scheme: String,
    host: String,
    port: u16,
}

impl Target {
    fn of(uri: &Uri) -> Option<Target> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let host = uri.host()?.to_ascii_lowercase();
        let port = uri.port_u16().or_else(|| default_port(&scheme))?;
        Some(Target { scheme, host, port })
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Entry> {
        let (scheme, rest) = entry.split_once("://").context(
            "it has no scheme: write scheme://host:port, where each may be `*`, as in https://api.example.com",
        )?;
        ensure!(
            scheme == "*" || scheme.chars().all(|c| c.is_ascii_alphabetic()) && !scheme.is_empty(),
            "{scheme:?} is not a scheme"
        );
        let (host, port) = split_port(rest);
        Ok(Entry {
            scheme: (scheme != "*").then(|| scheme.to_string()),
            host: Host::parse(host)?,
            port: Port::parse(port, scheme)?,
        })
    }

    fn allows(&self, target: &Target) -> bool {
        let scheme = self.scheme.as_ref().is_none_or(|scheme| *scheme == target.scheme);
        // As in Spin, a port says nothing about requests to oneself.
        if target.host == SELF_HOST {
            return scheme && matches!(self.host, Host::Own | Host::Any);
        }
        scheme && self.host.allows(&target.host) && self.port.allows(target.port)
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
        ensure!(!host.contains('/'), "an entry has no path");
        ensure!(!host.contains('@'), "an entry has no user");
        ensure!(!host.is_empty(), "it has no host");
        Ok(match (host, host.strip_prefix("*.")) {
            ("*", _) => Host::Any,
            ("self" | SELF_HOST, _) => Host::Own,
            (_, Some(domain)) if !domain.contains('*') => Host::Below(format!(".{domain}")),
            _ if host.contains('*') => bail!("a `*` stands for a whole host or before a domain"),
            _ => Host::Exactly(host.to_ascii_lowercase()),
        })
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Host::Any => true,
            Host::Own => false,
            Host::Exactly(exact) => exact == host,
            Host::Below(suffix) => host.ends_with(suffix),
            Host::Network(network) => host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| network.contains(&address)),
        }
    }
}

impl Port {
    fn parse(port: &str, scheme: &str) -> Result<Port> {
        let number =
            |text: &str| text.parse::<u16>().with_context(|| format!("{text:?} is not a port"));
        Ok(match port.split_once("..") {
            _ if port == "*" => Port::Any,
            _ if port.contains('/') => bail!("an entry has no path"),
            Some((from, to)) => Port::Range(number(from)?.into()..number(to)?.into()),
            None if port.is_empty() => {
                let port = default_port(scheme).with_context(|| {
                    format!("it has no port, and the scheme {scheme:?} implies none")
                })?;
                Port::only(port)
            }
            None => Port::only(number(port)?),
        })
    }

    fn only(port: u16) -> Port {
        Port::Range(port.into()..u32::from(port) + 1)
    }

    fn allows(&self, port: u16) -> bool {
        match self {
            Port::Any => true,
            Port::Range(range) => range.contains(&port.into()),
        }
    }
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
