//! `make doctor`: checks a running platform and its GitHub App, and prints for each check whether it
//! succeeded and what to do if not.

mod github;
mod operator_settings;

use anyhow::{Result, bail};
use nokube_dev::readiness;
use operator_settings::OperatorSettings;
use std::{io::Write, path::Path, time::Duration};

/// The result of a check.
struct Finding {
    check: String,
    detail: String,
    /// What the operator should do. `None` if the check succeeded.
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &str, detail: impl Into<String>) -> Self {
        Self { check: check.into(), detail: detail.into(), advice: None }
    }

    fn failed(check: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check: check.into(), detail: detail.into(), advice: Some(advice.into()) }
    }
}

/// Runs all checks and prints a line for each. `url` is the platform's address (default: the setting
/// `platform_url`). If `redeliver`, GitHub sends lost webhooks again.
///
/// # Errors
/// A check failed.
pub async fn run(
    manifest: &Path,
    env_file: Option<&Path>,
    url: Option<String>,
    redeliver: bool,
) -> Result<()> {
    let settings = OperatorSettings::read(manifest, env_file)?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build()?;
    let url = url.filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| settings.get("platform_url").to_owned());
    let mut findings = check_platform(&client, &settings, &url).await;
    findings.extend(check_settings(&settings));
    findings.extend(github::check_github(&client, &settings, redeliver).await);
    // `println!` panics if the reader closes the pipe early.
    let _ = std::io::stdout().write_all(report(&findings).as_bytes());
    match findings.iter().filter(|finding| finding.advice.is_some()).count() {
        0 => Ok(()),
        1 => bail!("One thing is wrong. docs/operate.md says more about each check."),
        count => bail!("{count} things are wrong. docs/operate.md says more about each check."),
    }
}

fn report(findings: &[Finding]) -> String {
    let mut report = String::new();
    for Finding { check, detail, advice } in findings {
        let verdict = if advice.is_some() { "WRONG" } else { "ok" };
        report += &format!("{verdict:<6}{}: {}\n", escape(check), escape(detail));
        if let Some(advice) = advice {
            report += &format!("      do: {}\n", escape(advice));
        }
    }
    report
}

/// Escapes characters with which texts from the platform or GitHub could control the terminal, start a line
/// of their own, or change the direction of writing.
fn escape(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escape = |c: char| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    text.chars().map(escape).collect()
}

/// Checks the names and values of the settings.
fn check_settings(settings: &OperatorSettings) -> Vec<Finding> {
    let unknown = settings.unknown().map(|name| {
        let advice = "correct its name, or remove it (docs/settings.md lists all names)";
        Finding::failed(name, "is not a setting of the platform, and has no effect", advice)
    });
    let placeholders = settings.placeholders().map(|name| {
        let advice = "replace the placeholder";
        Finding::failed(name, "still has a placeholder of the guide as its value", advice)
    });
    let previous_secrets = settings.previous_secrets().map(|name| {
        Finding::ok(name, "is still set: empty it when nothing that it signed is in use any more")
    });
    unknown.chain(placeholders).chain(previous_secrets).collect()
}

/// Requests `/ready`. Each of its checks becomes a finding.
async fn check_platform(
    client: &reqwest::Client,
    settings: &OperatorSettings,
    url: &str,
) -> Vec<Finding> {
    if url.is_empty() {
        let advice = "give the platform's address: make doctor URL=https://nokube.example.org";
        return vec![Finding::failed("platform", "platform_url is not set here", advice)];
    }
    let secrets = ["auth_session_secret", "auth_jwt_secret"].map(|name| settings.get(name));
    let secret = secrets.into_iter().find(|secret| !secret.is_empty()).unwrap_or_default();
    match readiness::fetch_readiness(client, url, settings.get("platform_url"), secret).await {
        Ok(readiness) => {
            let mut findings: Vec<_> = readiness.checks.into_iter().map(finding_of).collect();
            if !readiness.in_full {
                let detail = match secret {
                    "" => "is not set here, so the platform does not report the causes of errors",
                    _ => {
                        "differs from the platform's, so the platform does not report the causes of errors"
                    }
                };
                let advice = "give the file with the platform's settings (ENV_FILE=.env; in settings.env, \
                              without quotes). If the secret was changed, restart the platform";
                findings.push(Finding::failed("auth_session_secret", detail, advice));
            }
            findings
        }
        Err(error) => {
            let cause = format!("{:#}", anyhow::Error::from(error));
            let advice = "check that the platform runs, that DNS leads to it, and that its certificate is valid. \
                          The platform's log shows the requests that it receives";
            let detail = format!("{url}/ready cannot be read ({cause})");
            vec![Finding::failed("platform", detail, advice)]
        }
    }
}

fn finding_of(check: readiness::Check) -> Finding {
    if check.ok {
        return Finding::ok(&check.name, check.detail);
    }
    let advice = match check.name.as_str() {
        "outside" => "check again in 15 seconds",
        "github" => {
            "see the line 'github app' below if it is wrong too, otherwise check the builder repository \
             (builder/README.md)"
        }
        "registry" => {
            "correct registry, registry_api_url, registry_username or registry_token, and check that the \
             platform can reach the registry"
        }
        "cluster" => {
            "check kubernetes_api_url, the certificate in [[client_tls]] of the runtime configuration, and \
             permissions and token (ops/README.md)"
        }
        "routing" => {
            "correct apps_gateway and its listeners, or apps_ingress_class, or have the cluster's \
             administrator repair what they name: kubectl describe says more. Until then no request reaches \
             a service from outside"
        }
        "sign_in" => "set who may sign in: auth_allowed_… and auth_administrators",
        "builds" | "webhook" | "deploy" | "auth" => {
            "read the platform's log: the component does not start, or crashes"
        }
        "store" => {
            "check that the server of state_redis_url can be reached and accepts the password, or that the \
             SQLite file can be written, and that the disk is not full"
        }
        setting => {
            let setting = setting.to_uppercase();
            let advice = format!(
                "correct SPIN_VARIABLE_{setting} (docs/settings.md), and restart the platform"
            );
            return Finding::failed(&check.name, check.detail, advice);
        }
    };
    Finding::failed(&check.name, check.detail, advice)
}
