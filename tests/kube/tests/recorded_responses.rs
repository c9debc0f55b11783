//! The real server's responses are the recorded ones. `RECORD=1 make test-kube` records them again.

use anyhow::Result;
use nokube_tests_kube::{
    Cluster,
    requests::{Server, differences, recorded_responses, send_all},
};

#[tokio::test]
async fn the_real_server_responds_as_recorded() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let (token, client) = (cluster.admin_token(), cluster.http()?);
    let responses = send_all(Server::Real, cluster.url(), token, &client).await?;
    if std::env::var_os("RECORD").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/recorded-responses.json");
        std::fs::write(path, serde_json::to_string_pretty(&responses)? + "\n")?;
        return Ok(());
    }
    let differences = differences(&recorded_responses(Server::Real)?, &responses);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}
