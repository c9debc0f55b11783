//! The policies accept what the platform makes of a preview, and allow nothing more for it.

use super::{assert_denied, deployer, objects::made_of_a_preview, wait_until_bound};
use crate::platform::text;
use anyhow::{Context, Result};
use nokube_tests_kube::Client;
use serde_json::{Value, json};

#[tokio::test]
async fn what_the_platform_makes_of_a_preview_is_accepted_and_nothing_more() -> Result<()> {
    let deployer = deployer().await?;
    let objects = made_of_a_preview();
    for object in &objects {
        deployer.apply(object).await?.ok().with_context(|| object.to_string())?;
        if object["kind"] == "RoleBinding" {
            wait_until_bound(&deployer, text(object, "/metadata/namespace")).await?;
        }
    }
    for object in &objects {
        deployer.apply(object).await?.ok().with_context(|| format!("again: {object}"))?;
    }
    let of_kind = |kind: &str| -> Value {
        let found = objects.iter().find(|object| object["kind"] == kind);
        found.cloned().unwrap_or_else(|| panic!("no {kind}"))
    };
    let header = "/spec/rules/0/filters/0/responseHeaderModifier";
    for attack in [
        json!({ "set": [{ "name": "Set-Cookie", "value": "a=b" }] }),
        json!({ "add": [{ "name": "X-Robots-Tag", "value": "noindex" }] }),
        json!({ "remove": ["Strict-Transport-Security"] }),
    ] {
        let mut object = objects.iter().find(|it| it.pointer(header).is_some()).cloned();
        let object = object.as_mut().context("a route with a header")?;
        *object.pointer_mut(header).context("the header")? = attack;
        assert_denied(&deployer, object, "no header but X-Robots-Tag").await?;
    }
    let mut ingress = of_kind("Ingress");
    ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/server-snippet"] = json!("x");
    assert_denied(&deployer, &ingress, "changes no annotation").await
}

/// With the label an Ingress may have the operator's annotations, so no other namespace gets it.
#[tokio::test]
async fn only_new_namespaces_become_those_of_previews() -> Result<()> {
    let deployer = deployer().await?;
    let namespace = made_of_a_preview().remove(0);
    let label =
        |value: &Value| json!({ "metadata": { "labels": { "nokube.dev/previews": value } } });
    let change = async |deployer: &Client, value: Value| {
        let path = format!("/api/v1/namespaces/{}", text(&namespace, "/metadata/name"));
        deployer.merge_patch(&path, &label(&value)).await?.expect(422)
    };
    deployer.apply(&namespace).await?.ok()?;
    change(&deployer, Value::Null).await?;
    change(&deployer, json!("false")).await?;
    Ok(())
}
