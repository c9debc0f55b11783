//! Pull requests: their life, their lists and their webhooks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy exempts #[test] functions only, not their helpers

mod support;

use nokube_sim::{AppVersion, Commit, GitHubOptions, PullRequest};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{request_token, start_with_app, start_with_app_and};
use support::{TestGitHub, check_conformance, message, start};

const SHOP: &str = "alice/shop";

/// Names and bodies of the webhooks `pull_request` that were received.
async fn received(github: &TestGitHub) -> Vec<(String, Value)> {
    github.sim.wait_until_idle().await.unwrap();
    let all = github.receiver.all().into_iter().filter(|got| got.event == "pull_request");
    all.map(|got| (got.action, got.body)).collect()
}

async fn actions(github: &TestGitHub) -> Vec<String> {
    received(github).await.into_iter().map(|(action, _)| action).collect()
}

async fn pull(github: &TestGitHub, number: u32) -> Value {
    github.json(&format!("/repos/{SHOP}/pulls/{number}")).await
}

/// The numbers of a list.
async fn listed(github: &TestGitHub, query: &str) -> Vec<u64> {
    let list = github.json(&format!("/repos/{SHOP}/pulls{query}")).await;
    list.as_array().unwrap().iter().map(|found| found["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_pull_request_is_opened_pushed_to_retargeted_closed_and_reopened() {
    let github = start_with_app().await;
    let base = github.sim.push(SHOP, "main", Commit::new("1", &["a.txt"]));
    github.sim.create_branch(SHOP, "next", "main");
    let new = PullRequest::from_branch("feature").into("main").title("Fix the cart");
    let number = github.sim.open_pull_request(SHOP, new.with(Commit::new("2", &["web/cart.js"])));
    let first = github.sim.pull_request_head(SHOP, number).unwrap();
    let second = github.sim.push_to_pull_request(SHOP, number, Commit::new("3", &["b.txt"]));
    let forced = github.sim.force_push_to_pull_request(SHOP, number, Commit::new("4", &["c.txt"]));
    github.sim.set_draft(SHOP, number, true);
    github.sim.set_draft(SHOP, number, true);
    github.sim.set_draft(SHOP, number, false);
    github.sim.set_pull_request_title(SHOP, number, "Fix it");
    github.sim.retarget(SHOP, number, "next");
    github.sim.close_pull_request(SHOP, number);
    let unseen = github.sim.push(SHOP, "feature", Commit::new("5", &["d.txt"]));
    assert_eq!(github.sim.pull_request_head(SHOP, number), Some(forced.clone()));
    github.sim.reopen_pull_request(SHOP, number);

    let events = received(&github).await;
    let actions: Vec<&str> = events.iter().map(|(action, _)| action.as_str()).collect();
    let changes =
        ["converted_to_draft", "ready_for_review", "edited", "edited", "closed", "reopened"];
    assert_eq!(actions, [&["opened", "synchronize", "synchronize"][..], &changes].concat());
    let opened = &events[0].1;
    assert_eq!((&opened["number"], &opened["repository"]["full_name"]), (&json!(1), &json!(SHOP)));
    assert!(opened["installation"]["id"].is_u64());
    let found = &opened["pull_request"];
    assert_eq!((&found["title"], &found["state"]), (&json!("Fix the cart"), &json!("open")));
    assert_eq!((&found["head"]["sha"], &found["head"]["ref"]), (&json!(first), &json!("feature")));
    assert_eq!((&found["base"]["sha"], &found["base"]["ref"]), (&json!(base), &json!("main")));
    assert_eq!(found["head"]["repo"]["id"], found["base"]["repo"]["id"]);
    assert_eq!(found["author_association"], "OWNER");
    let pushed = &events[1].1;
    assert_eq!((&pushed["before"], &pushed["after"]), (&json!(first), &json!(second)));
    assert_eq!(pushed["pull_request"]["changed_files"], 2);
    assert_eq!((&events[2].1["before"], &events[2].1["after"]), (&json!(second), &json!(forced)));
    assert_eq!(events[2].1["pull_request"]["changed_files"], 1);
    assert_eq!(events[3].1["pull_request"]["draft"], true);
    assert_eq!(events[5].1["changes"]["title"]["from"], "Fix the cart");
    assert_eq!(events[6].1["changes"]["base"]["ref"]["from"], "main");
    assert_eq!(events[7].1["pull_request"]["state"], "closed");
    assert_eq!(events[8].1["pull_request"]["head"]["sha"], unseen);

    let pull = pull(&github, number).await;
    assert_eq!((&pull["state"], &pull["merged"]), (&json!("open"), &json!(false)));
    assert_eq!((&pull["base"]["ref"], &pull["commits"]), (&json!("next"), &json!(2)));
    let missing = github.get(&format!("/repos/{SHOP}/pulls/2")).await;
    assert_eq!(message(missing).await, (404, "Not Found".to_owned()));
}

#[tokio::test]
async fn the_commits_of_a_fork_are_in_the_base_repository() {
    let github = start_with_app().await;
    github.sim.push(SHOP, "main", Commit::new("1", &["a.txt"]));
    let new = PullRequest::from_branch("evil").of_fork("mallory").title("Please merge");
    let number = github.sim.open_pull_request(SHOP, new.with(Commit::new("2", &["Dockerfile"])));
    let opened = pull(&github, number).await;
    let head = opened["head"]["sha"].as_str().unwrap().to_owned();
    assert_eq!(opened["head"]["repo"]["full_name"], "mallory/shop");
    assert_eq!(
        (&opened["head"]["repo"]["fork"], &opened["base"]["repo"]["fork"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&opened["user"]["login"], &opened["author_association"]),
        (&json!("mallory"), &json!("NONE"))
    );
    assert_eq!(opened["head"]["label"], "mallory:evil");
    let by_ref = github.json(&format!("/repos/{SHOP}/commits/pull%2F{number}%2Fhead")).await;
    assert_eq!((&by_ref["sha"], &by_ref["author"]["login"]), (&json!(head), &json!("mallory")));
    let compared = github.json(&format!("/repos/{SHOP}/compare/main...{head}")).await;
    assert_eq!(
        (&compared["status"], &compared["files"][0]["filename"]),
        (&json!("ahead"), &json!("Dockerfile"))
    );
    let branches = github.json(&format!("/repos/{SHOP}/branches")).await;
    assert_eq!(
        branches.as_array().unwrap().len(),
        1,
        "no branch of the base repository: {branches}"
    );
    let none = github.get(&format!("/repos/{SHOP}/commits/pull%2F9%2Fhead")).await;
    assert_eq!(none.status(), 422);

    // The three dots mean since the common ancestor: what the base branch got meanwhile is no change.
    github.sim.push(SHOP, "main", Commit::new("3", &["other.txt"]));
    let pushed = github.sim.push_to_pull_request(SHOP, number, Commit::new("4", &["b.txt"]));
    let compared = github.json(&format!("/repos/{SHOP}/compare/main...{pushed}")).await;
    assert_eq!(
        (&compared["status"], compared["files"].as_array().unwrap().len()),
        (&json!("diverged"), 2)
    );

    // A pull request outlives its fork.
    github.sim.delete_fork(SHOP, number);
    let orphan = pull(&github, number).await;
    assert_eq!((&orphan["head"]["repo"], &orphan["state"]), (&Value::Null, &json!("open")));
    assert_eq!(github.sim.push_to_pull_request(SHOP, number, Commit::new("5", &[])), "");
    assert_eq!(github.json(&format!("/repos/{SHOP}/commits/{pushed}")).await["sha"], pushed);
    github.sim.close_pull_request(SHOP, number);
    github.sim.reopen_pull_request(SHOP, number);
    let events = received(&github).await;
    let names: Vec<&str> = events.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(names, ["opened", "synchronize", "closed"]);
    assert_eq!(events[2].1["pull_request"]["head"]["repo"], Value::Null);
    // The App is not installed at the fork's owner.
    let pushes = github.receiver.all().into_iter().filter(|got| got.event == "push");
    assert!(pushes.into_iter().all(|push| push.body["repository"]["full_name"] == SHOP));
}

#[tokio::test]
async fn a_pull_request_is_closed_by_a_merge_and_with_its_branches() {
    let github = start_with_app().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    let open = |branch: &str| github.sim.open_pull_request(SHOP, PullRequest::from_branch(branch));
    let (merged, deleted, emptied) = (open("merged"), open("deleted"), open("emptied"));
    let commit = github.sim.merge_pull_request(SHOP, merged);
    assert_eq!(github.sim.head(SHOP, "main"), Some(commit.clone()));
    github.sim.delete_branch(SHOP, "deleted");
    github.sim.reset_branch(SHOP, "emptied", "main");
    let pull_merged = pull(&github, merged).await;
    assert_eq!(
        (&pull_merged["merged"], &pull_merged["merge_commit_sha"]),
        (&json!(true), &json!(commit))
    );
    assert_eq!(pull_merged["merged_by"]["login"], "alice");
    for number in [deleted, emptied] {
        let closed = pull(&github, number).await;
        assert_eq!((&closed["state"], &closed["merged_at"]), (&json!("closed"), &Value::Null));
    }
    assert_eq!(
        actions(&github).await,
        ["opened", "opened", "opened", "closed", "closed", "closed"]
    );
    assert_eq!(github.sim.merge_pull_request(SHOP, merged), "");
    let same = PullRequest::from_branch("main");
    assert_eq!(github.sim.open_pull_request(SHOP, same), 0, "there is nothing to merge");
}

#[tokio::test]
async fn pull_requests_are_listed_by_state_base_head_and_time() {
    let github = start().await;
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    github.sim.create_branch(SHOP, "next", "main");
    for number in 1..=5 {
        let new = PullRequest::from_branch(&format!("branch-{number}"));
        let new = if number == 3 { new.into("next") } else { new };
        github.sim.set_clock_offset(i64::from(number) * 10);
        assert_eq!(github.sim.open_pull_request(SHOP, new), number);
    }
    github.sim.set_clock_offset(60);
    github.sim.push_to_pull_request(SHOP, 2, Commit::new("again", &[]));
    github.sim.close_pull_request(SHOP, 4);
    assert_eq!(listed(&github, "").await, [5, 3, 2, 1]);
    assert_eq!(listed(&github, "?state=closed").await, [4]);
    assert_eq!(listed(&github, "?state=all&direction=asc").await, [1, 2, 3, 4, 5]);
    assert_eq!(listed(&github, "?sort=updated").await, [1, 3, 5, 2]);
    assert_eq!(
        listed(&github, "?state=open&sort=updated&direction=desc&per_page=100").await,
        [2, 5, 3, 1]
    );
    assert_eq!(listed(&github, "?base=next").await, [3]);
    assert_eq!(listed(&github, "?head=alice:branch-5").await, [5]);
    let page = github.get(&format!("/repos/{SHOP}/pulls?state=all&per_page=2")).await;
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    assert!(link.contains("pulls?state=all&per_page=2&page=2>; rel=\"next\""), "{link}");
    assert_eq!(listed(&github, "?state=all&per_page=2&page=3").await, [1]);
    assert_eq!(github.get(&format!("/repos/{SHOP}/pulls?state=merged")).await.status(), 422);
}

#[tokio::test]
async fn only_an_installation_that_has_accepted_it_sees_pull_requests() {
    let github = start_with_app().await;
    github.sim.set_private(SHOP, true);
    github.sim.set_installation("alice", AppVersion::before_previews());
    github.sim.push(SHOP, "main", Commit::new("1", &[]));
    github.sim.open_pull_request(SHOP, PullRequest::from_branch("feature"));
    assert!(actions(&github).await.is_empty(), "the event came with the permission");
    let token = request_token(&github, SHOP, json!({})).await.json::<Value>().await.unwrap();
    let token = token["token"].as_str().unwrap();
    let get = github.request(Method::GET, &format!("/repos/{SHOP}/pulls")).bearer_auth(token);
    let forbidden = (403, "Resource not accessible by integration".to_owned());
    assert_eq!(message(get.try_clone().unwrap().send().await.unwrap()).await, forbidden);
    github.sim.set_private(SHOP, false);
    assert_eq!(get.send().await.unwrap().status(), 200, "a public repository needs none");
    github.sim.set_private(SHOP, true);
    github.sim.accept_permissions("alice");
    let scope = json!({"repositories": ["shop"], "permissions": {"pull_requests": "read"}});
    let token = request_token(&github, SHOP, scope).await.json::<Value>().await.unwrap();
    let get = github.request(Method::GET, &format!("/repos/{SHOP}/pulls"));
    let get = get.bearer_auth(token["token"].as_str().unwrap());
    assert_eq!(get.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn people_open_pull_requests_with_curl() {
    let github = start_with_app().await;
    let send = async |body: Value| {
        let path = format!("/_pull_request/{SHOP}");
        let response = github.request(Method::POST, &path).json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap())
    };
    let open = json!({"action": "open", "branch": "evil", "fork": "mallory", "title": "Hi", "draft": true,
        "message": "Change it", "files": ["web/cart.js"]});
    let (status, opened) = send(open).await;
    assert_eq!((status, &opened["number"], &opened["state"]), (200, &json!(1), &json!("draft")));
    for (body, state) in [
        (json!({"action": "ready", "number": 1}), "open"),
        (json!({"action": "push", "number": 1, "files": ["b.txt"]}), "open"),
        (json!({"action": "push", "number": 1, "force": true}), "open"),
        (json!({"action": "retarget", "number": 1, "base": "next"}), "open"),
        (json!({"action": "close", "number": 1}), "closed"),
        (json!({"action": "reopen", "number": 1}), "open"),
        (json!({"action": "merge", "number": 1}), "merged"),
        (json!({"action": "open"}), "open"),
        (json!({"action": "open", "branch": "other", "fork": "eve"}), "open"),
        (json!({"action": "delete_fork", "number": 3}), "open"),
    ] {
        let (status, changed) = send(body.clone()).await;
        assert_eq!((status, &changed["state"]), (200, &json!(state)), "{body}: {changed}");
    }
    for (body, status) in [
        (json!({"action": "push"}), 422),
        (json!({"action": "push", "number": 9}), 404),
        (json!({"action": "explode"}), 422),
        (json!({"action": "open"}), 422),
    ] {
        assert_eq!(send(body.clone()).await.0, status, "{body}");
    }
    let shown =
        github.request(Method::GET, &format!("/_pull_request/{SHOP}")).send().await.unwrap();
    let shown = shown.json::<Value>().await.unwrap();
    assert_eq!(shown["pull_requests"].as_array().unwrap().len(), 3, "{shown}");
    assert_eq!(shown["deployments"], json!([]));
    let checked = check_conformance(&github.sim);
    assert!(checked.contains("webhook pull-request-synchronize"), "{checked:?}");
}

#[tokio::test]
async fn a_folder_on_this_machine_has_pull_requests_of_its_branches() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"];
        let mut command = std::process::Command::new("git");
        let output = command.arg("-C").arg(folder.path()).args(identity).args(arguments).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=One"]);
    git(&["switch", "--quiet", "--create", "feature"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=Two"]);
    let first = git(&["rev-parse", "HEAD"]);
    let repositories = Some([(SHOP.to_owned(), folder.path().to_owned())].into());
    let github =
        start_with_app_and(GitHubOptions { repositories, ..GitHubOptions::default() }).await;
    let send = async |body: Value| {
        let path = format!("/_pull_request/{SHOP}");
        github.request(Method::POST, &path).json(&body).send().await.unwrap().status().as_u16()
    };
    git(&["switch", "--quiet", "main"]);
    assert_eq!(send(json!({"action": "open", "branch": "feature"})).await, 200);
    for refused in [
        json!({"action": "open", "branch": "other"}),
        json!({"action": "merge", "number": 1}),
        json!({"action": "push", "number": 1}),
    ] {
        assert_eq!(send(refused.clone()).await, 422, "{refused}");
    }
    assert_eq!(pull(&github, 1).await["head"]["sha"], first);
    // A fork is as if the branch were somebody else's.
    assert_eq!(send(json!({"action": "open", "branch": "feature", "fork": "mallory"})).await, 200);
    assert_eq!(pull(&github, 2).await["head"]["repo"]["full_name"], "mallory/shop");
    git(&["switch", "--quiet", "feature"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=Three"]);
    let second = git(&["rev-parse", "HEAD"]);
    git(&["switch", "--quiet", "main"]);
    for number in [1, 2] {
        assert_eq!(pull(&github, number).await["head"]["sha"], second);
    }
    git(&["branch", "--quiet", "-D", "feature"]);
    assert_eq!(pull(&github, 1).await["state"], "closed");
    let actions = actions(&github).await;
    assert_eq!(actions, ["opened", "opened", "synchronize", "synchronize", "closed", "closed"]);
}
