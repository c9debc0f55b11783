//! Generates `SITE` for `src/lib.rs`: the page's files, each with its gzip and Brotli copies, and the paths at
//! which it has something to show.

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The file with the page's routes.
const ROUTES: &str = "ui/src/app.tsx";

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let dist = root.join("ui/dist");
    for input in ["ui/dist", ROUTES, "build.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    if !dist.join("index.html").exists() {
        bail!(
            "the page is not built: run `make page`, or `npm ci && npm run build` in components/web/ui"
        );
    }
    let routes = fs::read_to_string(root.join(ROUTES)).with_context(|| format!("read {ROUTES}"))?;
    let page_paths = page_paths(&routes)?;
    let mut code = String::from("static SITE: Site = Site {\n    files: &[\n");
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let path = file.strip_prefix(&dist)?.to_str().context("a file name is not UTF-8")?;
        let hash = HEXLOWER.encode(&Sha256::digest(fs::read(file)?));
        let compressed = |extension: &str| {
            let copy = PathBuf::from(format!("{}.{extension}", file.display()));
            match copy.exists() {
                true => format!("Some(include_bytes!({copy:?}))"),
                false => "None".to_owned(),
            }
        };
        writeln!(
            code,
            "        StaticFile {{ path: \"/{path}\", content_type: {:?}, etag: \"\\\"{}\\\"\", plain: \
             include_bytes!({file:?}), gzip: {}, brotli: {} }},",
            content_type(file)?,
            hash.get(..20).unwrap_or(&hash),
            compressed("gz"),
            compressed("br"),
        )?;
    }
    writeln!(code, "    ],\n    page_paths: &{page_paths:?},\n}};")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("site.rs"), code)?;
    Ok(())
}

/// The paths of the page's `<Route path="…">` elements. A path with a parameter is cut off before it:
/// `/builds/:build` becomes `/builds/`, which stands for all paths below it.
fn page_paths(source: &str) -> Result<Vec<&str>> {
    let routes = source.split("<Route path=\"").skip(1);
    let paths = routes.filter_map(|route| route.split('"').next());
    let mut paths: Vec<_> = paths.filter_map(|path| path.split(':').next()).collect();
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        bail!("there is no <Route path=\"…\"> in {ROUTES}");
    }
    Ok(paths)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "gz" || extension == "br")
}

fn content_type(file: &Path) -> Result<&'static str> {
    Ok(match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => bail!("unknown content type of {}", file.display()),
    })
}
