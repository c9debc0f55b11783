//! Images with Debian's programs and the local host.

use anyhow::{Context, Result, ensure};
use nokube_dev_cluster::{
    Cluster,
    images::{Image, Layer},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What the images are called by nodes, with their digests.
pub struct Images {
    pub platform: String,
    pub store: String,
    pub curl: String,
}

/// The files of an image by absolute path.
type Files = BTreeMap<String, Vec<u8>>;

/// Makes the images and pushes them to the open registry.
pub async fn push_images(cluster: &Cluster) -> Result<Images> {
    let mut platform = Files::new();
    let folder = tempfile::tempdir()?;
    let local_host = stripped_local_host(folder.path())?;
    add_program(&mut platform, &local_host, "/usr/bin/local-host")?;
    let cache = folder.path().join(".cache");
    fill_cache(&local_host, folder.path())?;
    add_folder(&mut platform, &cache, "/tmp/.cache")?;
    add_file(&mut platform, "spin.toml", "/app/spin.toml")?;
    for component in ["auth", "builds", "deploy", "platform", "web", "webhook"] {
        let file = format!("target/wasm32-wasip2/release/{component}.wasm");
        add_file(&mut platform, &file, &format!("/app/{file}"))?;
    }
    let mut store = Files::new();
    for (program, name) in [
        ("/usr/bin/redis-server", "/usr/bin/valkey-server"),
        ("/usr/bin/redis-cli", "/usr/bin/valkey-cli"),
        ("/bin/sh", "/bin/sh"),
        ("/bin/grep", "/bin/grep"),
        ("/usr/bin/timeout", "/usr/bin/timeout"),
    ] {
        add_program(&mut store, Path::new(program), name)?;
    }
    let mut curl = Files::new();
    add_program(&mut curl, Path::new("/usr/bin/curl"), "/usr/bin/curl")?;
    Ok(Images {
        platform: push(cluster, "platform", &platform).await?,
        store: push(cluster, "store", &store).await?,
        curl: push(cluster, "curl", &curl).await?,
    })
}

async fn push(cluster: &Cluster, name: &str, files: &Files) -> Result<String> {
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, content)| (path.as_str(), content.clone())).collect();
    let config: Value = json!({ "Env": ["PATH=/usr/bin:/bin", "HOME=/tmp"] });
    let image = Image::new(&Layer::of_programs(&files)?, &config)?;
    let repository = format!("spinkube/{name}");
    cluster.registry().push(&image, &repository, "v1").await?;
    Ok(format!("registry.example.org/{repository}@{}", image.digest()))
}

fn add_file(files: &mut Files, file: &str, to: &str) -> Result<()> {
    let path = Path::new(REPOSITORY).join(file);
    let content = fs::read(&path).with_context(|| format!("{}", path.display()))?;
    files.insert(to.into(), content);
    Ok(())
}

/// Adds a program of this machine with the libraries that it is linked with.
fn add_program(files: &mut Files, program: &Path, to: &str) -> Result<()> {
    files.insert(to.into(), fs::read(program).with_context(|| format!("{}", program.display()))?);
    let output = Command::new("ldd").arg(program).output().context("ldd")?;
    let lines = String::from_utf8(output.stdout)?;
    // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, or only the path.
    for word in lines.split_whitespace().filter(|word| word.starts_with('/')) {
        files.insert(word.into(), fs::read(word)?);
    }
    Ok(())
}

/// Compiles the components, so that pods do not have to.
fn fill_cache(local_host: &Path, home: &Path) -> Result<()> {
    let mut process = Command::new(local_host)
        .args(["--listen", "127.0.0.1:0", "--disable-pooling", "--from"])
        .arg(Path::new(REPOSITORY).join("spin.toml"))
        .arg("--state-dir")
        .arg(home)
        .env_remove("XDG_CACHE_HOME")
        .env("HOME", home)
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = process.stdout.take().context("no standard output")?;
    let line = BufReader::new(stdout).lines().next().transpose()?;
    process.kill()?;
    process.wait()?;
    ensure!(line.is_some_and(|line| line.starts_with("Serving")), "the local host does not start");
    Ok(())
}

fn add_folder(files: &mut Files, folder: &Path, to: &str) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), format!("{to}/{}", entry.file_name().to_string_lossy()))
        };
        match path.is_dir() {
            true => add_folder(files, &path, &name)?,
            false => drop(files.insert(name, fs::read(path)?)),
        }
    }
    Ok(())
}

/// A copy of the local host without its symbols, which are most of it.
fn stripped_local_host(folder: &Path) -> Result<PathBuf> {
    let built = Path::new(REPOSITORY).join("target/debug/local-host");
    let stripped = folder.join("local-host");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(&built).status()?;
    ensure!(status.success(), "{} cannot be stripped; has it been built?", built.display());
    Ok(stripped)
}
