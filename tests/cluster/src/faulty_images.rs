//! Images that cannot run, each in one way.

use anyhow::Result;
use nokube_dev_cluster::{
    Cluster,
    images::{Image, Layer},
};
use serde_json::json;

/// Pushes them as `team/NAME:v1`, and the test app to the private registry.
pub async fn push_faulty_images(cluster: &Cluster) -> Result<()> {
    let layer = Layer::of_app(cluster.programs())?;
    let text = Layer::of_programs(&[("/app", b"this is no program\n".to_vec())])?;
    let app = json!({ "Entrypoint": ["/app"] });
    let registry = cluster.registry();
    for (name, image) in [
        ("app", Image::new(&layer, &app)?),
        ("root", Image::new(&layer, &app)?),
        ("named-user", Image::new(&layer, &json!({ "Entrypoint": ["/app"], "User": "web" }))?),
        ("number-user", Image::new(&layer, &json!({ "Entrypoint": ["/app"], "User": "1000" }))?),
        ("missing-program", Image::new(&layer, &json!({ "Entrypoint": ["/usr/bin/server"] }))?),
        (
            "missing-directory",
            Image::new(&layer, &json!({ "Entrypoint": ["/app"], "WorkingDir": "/app" }))?,
        ),
        ("no-command", Image::new(&layer, &json!({}))?),
        ("not-a-program", Image::new(&text, &app)?),
        ("buildpacks", Image::new(&layer, &json!({ "Entrypoint": ["/app", "EXIT_CODE=82"] }))?),
    ] {
        registry.push(&image, &format!("team/{name}"), "v1").await?;
    }
    // Its header names another processor (ELF's e_machine: AArch64).
    let mut program = std::fs::read(cluster.programs().path("app"))?;
    program[18..20].copy_from_slice(&[0xb7, 0]);
    let program = Image::new(&Layer::of_programs(&[("/app", program)])?, &app)?;
    registry.push(&program, "team/arm-program", "v1").await?;
    let arm = Image::for_architecture("arm64", &layer, &app)?;
    registry.push_index(&arm, "arm64", "team/arm", "v1").await?;
    cluster.private_registry().push(&Image::new(&layer, &app)?, "team/app", "v1").await
}
