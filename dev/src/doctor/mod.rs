//! `make doctor`: looks at a running platform and at its GitHub App, and says for each thing whether it is
//! well and what to do if not.

mod github;
mod operator;

use crate::ready;
use anyhow::{Result, bail};
use operator::Operator;
use std::{io::Write, path::Path, time::Duration};

/// What was looked at, and what was found.
struct Finding {
    name: String,
    found: String,
    /// What to do; nothing if all is well.
    mend: Option<String>,
}

impl Finding {
    fn ok(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.into(), found: found.into(), mend: None }
    }

    fn wrong(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name: name.into(), found: found.into(), mend: Some(mend.into()) }
    }
}

/// Prints a line for each thing. `url`: the platform, if not where its setting says; `redeliver`: have
/// GitHub send lost webhooks again.
///
/// # Errors
/// Something is wrong.
pub async fn run(
    manifest: &Path,
    env_file: Option<&Path>,
    url: Option<String>,
    redeliver: bool,
) -> Result<()> {
    let operator = Operator::read(manifest, env_file)?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build()?;
    let url = url.filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| operator.get("platform_url").to_owned());
    let mut findings = platform(&client, &operator, &url).await;
    findings.extend(operator.strange().map(|name| {
        let mend = "correct its name, or take it out (docs/settings.md has all names)";
        Finding::wrong(name, "is no setting of the platform's, so it does nothing", mend)
    }));
    findings.extend(operator.placeholders().map(|name| {
        let mend = "put in what is yours";
        Finding::wrong(name, "still has the guide's placeholder for a value", mend)
    }));
    findings.extend(operator.previous().map(|name| {
        Finding::ok(
            name,
            "is still set: empty it when nothing signed with it is under way any more",
        )
    }));
    findings.extend(github::look(&client, &operator, redeliver).await);
    let (mut wrong, mut told) = (0, String::new());
    for Finding { name, found, mend } in &findings {
        let verdict = if mend.is_some() { "WRONG" } else { "ok" };
        told += &format!("{verdict:<6}{}: {}\n", shown(name), shown(found));
        if let Some(mend) = mend {
            wrong += 1;
            told += &format!("      do: {}\n", shown(mend));
        }
    }
    // `println!` would panic where nobody reads to the end.
    let _ = std::io::stdout().write_all(told.as_bytes());
    match wrong {
        0 => Ok(()),
        1 => bail!("One thing is wrong. More on each: docs/operate.md"),
        wrong => bail!("{wrong} things are wrong. More on each: docs/operate.md"),
    }
}

/// What others said, for a terminal: nothing in it is taken for a command, a line of ours, or another
/// direction of writing.
fn shown(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let told = |c: char| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    text.chars().map(told).collect()
}

async fn platform(client: &reqwest::Client, operator: &Operator, url: &str) -> Vec<Finding> {
    if url.is_empty() {
        let mend = "give the platform's address: make doctor URL=https://nokube.example.org";
        return vec![Finding::wrong("platform", "its address is not known here", mend)];
    }
    let secrets = ["auth_session_secret", "auth_jwt_secret"].map(|name| operator.get(name));
    let secret = secrets.into_iter().find(|secret| !secret.is_empty()).unwrap_or_default();
    match ready::ask(client, url, operator.get("platform_url"), secret).await {
        Ok(ready) => {
            let mut findings: Vec<_> = ready.checks.into_iter().map(of_check).collect();
            if !ready.in_full {
                let found = match secret {
                    "" => {
                        "the platform's secret is not known here, so it does not say why what is wrong"
                    }
                    _ => {
                        "the platform has another secret than is set here, so it does not say why what is wrong"
                    }
                };
                let mend = "give the file with its settings (ENV_FILE=.env), without quotes if it is \
                            settings.env; if the secret was changed, start the platform anew";
                findings.push(Finding::wrong("auth_session_secret", found, mend));
            }
            findings
        }
        Err(error) => {
            let why = format!("{:#}", anyhow::Error::from(error));
            let mend = "is it running, does its name lead to it, is its certificate good? Its own \
                        log says what it did with the request";
            vec![Finding::wrong("platform", format!("{url}/ready cannot be read ({why})"), mend)]
        }
    }
}

fn of_check(check: ready::Check) -> Finding {
    let mend = match check.name.as_str() {
        _ if check.ok => return Finding::ok(&check.name, check.detail),
        "outside" => "look again in a quarter of a minute".to_owned(),
        "github" => "the line 'github app' below says more, if it is wrong too; else look at the \
                     builder repository (builder/README.md)"
            .to_owned(),
        "registry" => {
            "correct registry, registry_api_url, registry_username or registry_token, or see \
                       that the platform may reach that host"
                .to_owned()
        }
        "cluster" => {
            "its address is kubernetes_api_url, its certificate is for [[client_tls]] of the \
                      runtime configuration, rights and token are in ops/README.md"
                .to_owned()
        }
        "sign-in" => "set who may sign in: auth_allowed_… and auth_administrators".to_owned(),
        "builds" | "webhook" | "deploy" | "auth" => {
            "read the platform's log: the component does not start or crashes".to_owned()
        }
        "store" => {
            "see that the database of the runtime configuration can be reached and takes the \
                    password, and that its disk has room"
                .to_owned()
        }
        setting => format!(
            "correct SPIN_VARIABLE_{} (docs/settings.md) and start the platform anew",
            setting.to_uppercase()
        ),
    };
    Finding::wrong(&check.name, check.detail, mend)
}
