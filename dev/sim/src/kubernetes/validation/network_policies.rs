//! Validates the address blocks of network policies.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::kubernetes::api_error::StatusCause;
use crate::kubernetes::json::{list, text};

pub fn network_policy(new: &Value, causes: &mut Vec<StatusCause>) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(new, &format!("/spec/{direction}")).iter().enumerate() {
            for (number, peer) in list(rule, &format!("/{peers}")).iter().enumerate() {
                let field_path = format!("spec.{direction}[{index}].{peers}[{number}].ipBlock");
                if let Some(block) = peer.get("ipBlock") {
                    ip_block(block, &field_path, causes);
                }
            }
        }
    }
}

fn ip_block(block: &Value, field_path: &str, causes: &mut Vec<StatusCause>) {
    let cidr = text(block, "/cidr");
    let Some(whole) = Cidr::parse(cidr) else {
        causes.push(malformed_cidr(&format!("{field_path}.cidr"), cidr));
        return;
    };
    for (index, except) in list(block, "/except").iter().enumerate() {
        let field = format!("{field_path}.except[{index}]");
        match Cidr::parse(except.as_str().unwrap_or_default()) {
            None => causes.push(malformed_cidr(&field, except.as_str().unwrap_or_default())),
            Some(part) if !part.is_within(whole) => {
                causes.push(StatusCause::invalid(
                    &field,
                    except,
                    "must be a strict subset of `cidr`",
                ));
            }
            Some(_) => {}
        }
    }
}

fn malformed_cidr(field: &str, given: &str) -> StatusCause {
    let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    StatusCause::invalid(field, &json!(given), detail)
}

#[derive(Clone, Copy)]
struct Cidr {
    /// Left-aligned for both versions of IP.
    address: u128,
    is_v4: bool,
    prefix_length: u32,
}

impl Cidr {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix_length) = text.split_once('/')?;
        let prefix_length: u32 = prefix_length.parse().ok()?;
        let (address, is_v4, max_length) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true, 32),
            IpAddr::V6(address) => (address.to_bits(), false, 128),
        };
        (prefix_length <= max_length).then_some(Self { address, is_v4, prefix_length })
    }

    /// Whether this block is a strict subset of the other.
    fn is_within(self, whole: Self) -> bool {
        let equal_bits = (self.address ^ whole.address).leading_zeros();
        self.is_v4 == whole.is_v4
            && self.prefix_length > whole.prefix_length
            && equal_bits >= whole.prefix_length
    }
}
