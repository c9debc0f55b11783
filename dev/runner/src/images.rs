//! Images that the registry has without a build of a user, made from this machine's static busybox.

use crate::{machine::Machine, process};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The name of the scanner in the registry that stands for all public ones.
pub const SBOM_IMAGE: &str = "nokube/sbom-scanner:test";

const BUSYBOX_DOCKERFILE: &str = "FROM scratch
COPY busybox /bin/busybox
COPY busybox /bin/sh
CMD [\"/bin/sh\"]
";

/// This machine's static busybox.
///
/// # Errors
/// There is none.
pub fn busybox() -> Result<PathBuf> {
    let paths = ["/bin/busybox", "/usr/bin/busybox"].map(PathBuf::from);
    paths.into_iter().find(|path| path.exists()).context("busybox is not installed")
}

/// The scanner's image is not available without a network. This one follows the same protocol:
/// `docs/attestations/sbom-protocol.md` of BuildKit.
///
/// # Errors
/// A file cannot be written, or the build fails.
pub async fn publish_sbom_scanner(machine: &Machine) -> Result<()> {
    let statement = r#"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","name":"test"}}"#;
    let script = format!("echo '{statement}' > \"$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json\"\n");
    let dockerfile =
        "FROM scratch\nCOPY sh /bin/sh\nCOPY scan /scan\nENTRYPOINT [\"/bin/sh\", \"/scan\"]\n";
    let context = machine.directory.join("sbom");
    fs::create_dir_all(&context)?;
    fs::copy(busybox()?, context.join("sh"))?;
    fs::write(context.join("scan"), script)?;
    fs::write(context.join("Dockerfile"), dockerfile)?;
    publish(machine, &context, SBOM_IMAGE).await
}

/// Publishes an image as `docker.io/library/busybox:TAG`, with this machine's busybox.
///
/// # Errors
/// As [`publish_sbom_scanner`].
pub async fn publish_busybox(machine: &Machine, tag: &str) -> Result<()> {
    let context = machine.directory.join("busybox");
    fs::create_dir_all(&context)?;
    fs::copy(busybox()?, context.join("busybox"))?;
    fs::write(context.join("Dockerfile"), BUSYBOX_DOCKERFILE)?;
    publish(machine, &context, &format!("library/busybox:{tag}")).await
}

/// Builds the image of a directory with a Dockerfile, without the workflow, as `docker.io/NAME`.
///
/// # Errors
/// The build fails.
pub async fn publish(machine: &Machine, context: &Path, name: &str) -> Result<()> {
    let home = machine.directory.join("publisher");
    fs::create_dir_all(&home)?;
    let docker = async |arguments: &[&str]| {
        let mut command = Command::new(machine.directory.join("bin/docker"));
        process::output(command.arg("buildx").args(arguments).env("HOME", &home)).await
    };
    if !home.join(".docker/buildx/instances/publisher").exists() {
        docker(&["create", "--name", "publisher", "--driver", "docker-container"]).await?;
    }
    let output = format!("--output=type=image,push=true,name={}/{name}", machine.registry);
    let context = context.to_str().context("the path is not UTF-8")?;
    docker(&["build", "--builder=publisher", "--provenance=false", &output, context]).await?;
    Ok(())
}
