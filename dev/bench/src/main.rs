//! Measures speed and size. Speed is printed as a ratio to a baseline of the same run, because absolute
//! times depend on the machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // As in tests, a panic is a failure.

mod deployment;
mod load;
mod requests;

use std::path::{Path, PathBuf};

#[tokio::main]
async fn main() {
    println!("Speed relative to a baseline component with the same reads and writes:");
    requests::measure().await;
    deployment::measure().await;
    println!("Components, in KB:");
    println!("  baseline: {}", size_in_kb("bench_bare"));
    // What is in them: docs/adr/0026.
    for (name, target) in [("builds", 1_700), ("deploy", 1_700), ("webhook", 550)] {
        println!("  {name}: {}   target: at most {target}", size_in_kb(name));
    }
}

/// The path of a component's release build.
fn component(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/wasm32-wasip2/release");
    folder.join(format!("{name}.wasm"))
}

fn size_in_kb(name: &str) -> u64 {
    std::fs::metadata(component(name)).unwrap().len() / 1_000
}
