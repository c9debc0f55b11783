//! The real server answers as recorded. To record anew: `RECORD=1 make test-kube`.

use anyhow::Result;
use nokube_tests_kube::{
    Cluster,
    requests::{People, differences, recorded, run},
};

#[tokio::test]
async fn the_real_server_answers_as_recorded() -> Result<()> {
    let cluster = Cluster::shared().await?;
    let people = People {
        admin: cluster.admin_token().into(),
        outsider: cluster.account_token("default", "outsider").await?,
    };
    let answers = run(cluster.url(), &people, &cluster.http()?).await?;
    if std::env::var_os("RECORD").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/answers.json");
        std::fs::write(path, serde_json::to_string_pretty(&answers)? + "\n")?;
        return Ok(());
    }
    let differences = differences(&recorded()?, &answers);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}
