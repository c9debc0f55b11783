//! `nokube doctor`: checks, and says for each what is wrong and what to do.

mod clock;
mod finding;
mod local;
mod operator;
mod platform;

use crate::{
    Error, Exit, Outcome, Result, args::tools::Doctor, config::Origin, context::Context, text,
};
use finding::{Finding, failures, report, report_as_json};
use operator::OperatorChecks;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

pub async fn run(context: &Context, args: Doctor) -> Result<Outcome> {
    let Doctor { operator, env_file, manifest, redeliver } = args;
    let is_operator = operator || env_file.is_some() || manifest.is_some() || redeliver;
    let findings = match is_operator {
        true => {
            let url = address(context)?;
            let checks = OperatorChecks { url, env_file, manifest, redeliver };
            operator::check(&http_client(false)?, &checks).await?
        }
        false => check(context).await?,
    };
    print(context, &findings, is_operator);
    Ok(match failures(&findings) {
        0 => Outcome::Done,
        _ => Outcome::Failed(Exit::Failed),
    })
}

fn print(context: &Context, findings: &[Finding], is_operator: bool) {
    let output = &context.output;
    if output.is_json() {
        output.json(&report_as_json(findings));
        return;
    }
    output.print(report(findings).trim_end());
    let wrong = match failures(findings) {
        0 => return,
        1 => text!("One thing is wrong.", "Une chose ne va pas."),
        count => text!("{count} things are wrong.", "{count} choses ne vont pas."),
    };
    output.note(&match is_operator {
        true => text!(
            "{wrong} docs/operate.md says more about each check.",
            "{wrong} docs/operate.md en dit plus sur chaque vérification."
        ),
        false => wrong,
    });
}

/// What somebody checks who uses a platform.
async fn check(context: &Context) -> Result<Vec<Finding>> {
    let mut findings = platform::check(context).await?;
    findings.extend(local::check_repository(context).await);
    findings.extend(local::check_config_file());
    Ok(findings)
}

/// The platform that an operator names: otherwise it is in the settings.
fn address(context: &Context) -> Result<Option<String>> {
    match &context.options.platform {
        Some(_) => Ok(Some(context.platform()?.origin.to_string())),
        None => Ok(None),
    }
}

/// A client for requests whose responses may be errors.
fn http_client(without_proxy: bool) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().timeout(TIMEOUT);
    let builder = if without_proxy { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| Error::failed(error.to_string()))
}

/// A client for a platform. A proxy could not reach this computer.
fn http_client_for(origin: &Origin) -> Result<reqwest::Client> {
    http_client(origin.is_loopback())
}
