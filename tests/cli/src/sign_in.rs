//! Signing in: what a person does in a browser, over HTTP.

use crate::{Computer, Finished};
use nokube_tests::{TestPlatform, browser::Browser};
use reqwest::Client;
use serde_json::json;
use std::{collections::BTreeMap, process::Output};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStderr},
};
use url::Url;

/// What a person answers on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Allow,
    Refuse,
    /// Allows it, but another program sends the answer: its `state` is not that of the request.
    Forge,
}

/// A run of `nokube login` that waits for the browser.
pub struct SignIn {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What the program has printed to standard error.
    said: String,
    /// The address that it printed.
    pub address: Url,
}

impl SignIn {
    /// Starts `nokube login --no-browser`, with further arguments.
    pub async fn start(computer: &Computer, arguments: &[&str]) -> Self {
        let all = [&["login", &computer.url, "--no-browser"], arguments].concat();
        let mut child = computer.nokube(all).start();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            let length = stderr.read_line(&mut line).await.unwrap();
            said.push_str(&line);
            assert!(length > 0, "no address in: {said}");
            if let Some(address) = line.split_whitespace().find(|word| word.contains("/authorize?"))
            {
                break Url::parse(address).unwrap();
            }
        };
        Self { child, stderr, said, address }
    }

    /// The parameters of the request.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        self.address.query_pairs().into_owned().collect()
    }

    /// Answers on the page as `login`, and waits for the end of the program.
    pub async fn answer(
        mut self,
        platform: &TestPlatform,
        login: &str,
        answer: Answer,
    ) -> Finished {
        let parameters = self.parameters();
        let mut target = Url::parse(&parameters["redirect_uri"]).unwrap();
        match answer {
            Answer::Refuse => {
                let pairs = [("error", "access_denied"), ("state", &parameters["state"])];
                target.query_pairs_mut().extend_pairs(pairs);
            }
            Answer::Allow | Answer::Forge => {
                let redirect_to = authorize(platform, login, &parameters).await;
                assert!(redirect_to.as_str().starts_with(&format!("{target}?")), "{redirect_to}");
                target = redirect_to;
            }
        }
        if answer == Answer::Forge {
            let code =
                target.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
            target
                .query_pairs_mut()
                .clear()
                .extend_pairs([("code", code.as_str()), ("state", "forged")]);
        }
        let page = Client::new().get(target).send().await.unwrap();
        let text = page.text().await.unwrap();
        assert!(!text.contains("nkc_"), "the page shows the code");
        self.end().await
    }

    /// Waits for the end of the program.
    pub async fn end(&mut self) -> Finished {
        let mut stdout = Vec::new();
        self.child.stdout.take().unwrap().read_to_end(&mut stdout).await.unwrap();
        self.stderr.read_to_string(&mut self.said).await.unwrap();
        let status = self.child.wait().await.unwrap();
        let output = Output { status, stdout, stderr: self.said.clone().into_bytes() };
        Finished::new("login".into(), output, false)
    }
}

/// Signs in to the platform, and allows the request as its page does. Returns where the browser goes then.
async fn authorize(
    platform: &TestPlatform,
    login: &str,
    parameters: &BTreeMap<String, String>,
) -> Url {
    let mut browser = Browser::signed_in(platform, login).await;
    let names = ["client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state"];
    let body =
        json!(names.map(|name| (name, &parameters[name])).into_iter().collect::<BTreeMap<_, _>>());
    let created = browser.post("/api/v1/auth/authorizations", &body).await.expect(201);
    Url::parse(created["redirect_to"].as_str().unwrap()).unwrap()
}

/// Enters the code of a device at the simulated GitHub, as `login`.
pub async fn approve_device(platform: &TestPlatform, login: &str, code: &str) {
    let url = format!("{}/login/device?user_code={code}&login={login}", platform.github.url());
    let response = Client::new().get(url).send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.text().await.unwrap());
}
