//! Lists the files of the built page for `src/lib.rs`, each with its compressed forms beside it.

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<()> {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("ui/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=build.rs");
    if !dist.join("index.html").exists() {
        bail!(
            "the page is not built: run `make page`, or `npm ci && npm run build` in components/web/ui"
        );
    }
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let mut list = String::from("static FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let path = file.strip_prefix(&dist)?.to_str().context("a file name is no text")?;
        let hash = HEXLOWER.encode(&Sha256::digest(fs::read(file)?));
        let packed = |ending: &str| {
            let beside = PathBuf::from(format!("{}.{ending}", file.display()));
            match beside.exists() {
                true => format!("Some(include_bytes!({beside:?}))"),
                false => "None".to_owned(),
            }
        };
        writeln!(
            list,
            "File {{ path: \"/{path}\", content_type: {:?}, tag: \"\\\"{}\\\"\", plain: \
             include_bytes!({file:?}), gzip: {}, brotli: {} }},",
            content_type(file)?,
            hash.get(..20).unwrap_or(&hash),
            packed("gz"),
            packed("br"),
        )?;
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("files.rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "gz" || ending == "br")
}

fn content_type(file: &Path) -> Result<&'static str> {
    Ok(match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => bail!("no content type is known for {}", file.display()),
    })
}
