//! Prints what is claimed about speed and size: as ratios against a baseline of the same run, because
//! seconds say more about a machine than about the product.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // As in tests: whatever goes wrong ends it.

mod deployment;
mod load;
mod speed;

use std::path::{Path, PathBuf};

#[tokio::main]
async fn main() {
    println!(
        "Requests, as many in a second as a bare component answers with the same reads and writes:"
    );
    speed::speed().await;
    deployment::deployment().await;
    println!("Components, in KB:");
    println!("  (a bare one: {})", size("bench_bare"));
    for (name, aim) in [("builds", 450), ("webhook", 350), ("deploy", 900)] {
        println!("  {name}: {}   aim: {aim}", size(name));
    }
}

/// A component as it was built.
fn component(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/wasm32-wasip2/release");
    folder.join(format!("{name}.wasm"))
}

fn size(name: &str) -> u64 {
    std::fs::metadata(component(name)).unwrap().len() / 1_000
}
