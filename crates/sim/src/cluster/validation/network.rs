//! Blocks of addresses, as network policies have them.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::cluster::json::{list, text};
use crate::cluster::status::Cause;

pub fn policy(new: &Value, causes: &mut Vec<Cause>) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(new, &format!("/spec/{direction}")).iter().enumerate() {
            for (number, peer) in list(rule, &format!("/{peers}")).iter().enumerate() {
                let at = format!("spec.{direction}[{index}].{peers}[{number}].ipBlock");
                if let Some(block) = peer.get("ipBlock") {
                    addresses(block, &at, causes);
                }
            }
        }
    }
}

fn addresses(block: &Value, at: &str, causes: &mut Vec<Cause>) {
    let cidr = text(block, "/cidr");
    let Some(whole) = read(cidr) else {
        causes.push(malformed(&format!("{at}.cidr"), cidr));
        return;
    };
    for (index, except) in list(block, "/except").iter().enumerate() {
        let field = format!("{at}.except[{index}]");
        match read(except.as_str().unwrap_or_default()) {
            None => causes.push(malformed(&field, except.as_str().unwrap_or_default())),
            Some(part) if !is_within(part, whole) => {
                causes.push(Cause::invalid(&field, except, "must be a strict subset of `cidr`"));
            }
            Some(_) => {}
        }
    }
}

fn malformed(field: &str, given: &str) -> Cause {
    let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    Cause::invalid(field, &json!(given), why)
}

/// An address as a number of 128 bits from its left, whether it is one of version 4, and how many
/// bits count.
fn read(cidr: &str) -> Option<(u128, bool, u32)> {
    let (address, bits) = cidr.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(four) => (bits <= 32).then_some((u128::from(four.to_bits()) << 96, true, bits)),
        IpAddr::V6(six) => (bits <= 128).then_some((six.to_bits(), false, bits)),
    }
}

fn is_within(part: (u128, bool, u32), whole: (u128, bool, u32)) -> bool {
    let differ = (part.0 ^ whole.0).leading_zeros();
    part.1 == whole.1 && part.2 > whole.2 && differ >= whole.2
}
