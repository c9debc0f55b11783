//! Texts of requests and paths: references of images, hosts, paths, repositories, refs, names, ids and quantities.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nokube_domain::{
    BuildId, DeploymentId, ProjectId,
    builds::{Directory, FilePath, RunKey},
    deployments::{DomainPattern, ExternalImages, Host, ImageRef, UrlPath},
    image::{Digest, ImageTag},
    name::{ProjectName, ServiceName, Username},
    origin::{parse_local_path, parse_platform_origin},
    repository::{CommitSha, Repository, parse_git_ref},
};
use nokube_fuzz::check_text;
use url::Url;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    check_text::<ImageRef>(text);
    check_text::<ImageTag>(text);
    check_text::<Digest>(text);
    check_text::<Host>(text);
    check_text::<UrlPath>(text);
    check_text::<Repository>(text);
    check_text::<CommitSha>(text);
    check_text::<Directory>(text);
    check_text::<FilePath>(text);
    check_text::<ProjectName>(text);
    check_text::<ServiceName>(text);
    check_text::<Username>(text);
    check_text::<ProjectId>(text);
    check_text::<BuildId>(text);
    check_text::<DeploymentId>(text);
    check_text::<RunKey>(text);
    let _ = text.parse::<DomainPattern>();
    let _ = nokube_domain::parse_http_date(text);
    check_external_images(text);
    check_git_ref(text);
    check_repository_url(text);
    check_redirect(text);
    if let Some(origin) = parse_platform_origin(text) {
        assert_eq!(parse_platform_origin(&origin), Some(origin), "{text:?}");
    }
});

/// The setting `*` is shown in words.
fn check_external_images(text: &str) {
    if text.parse() != Ok(ExternalImages::AnyPublic) {
        check_text::<ExternalImages>(text);
    }
}

fn check_git_ref(text: &str) {
    if let Ok(git_ref) = parse_git_ref(text) {
        assert_eq!(parse_git_ref(&git_ref).ok(), Some(git_ref), "{text:?}");
    }
}

fn check_repository_url(text: &str) {
    let github = Url::parse("https://github.com").expect("a URL");
    if let Ok(repository) = Repository::from_url(text, &github) {
        check_text::<Repository>(&repository.to_string());
    }
}

/// A path to redirect to after the sign-in leads to no other host.
fn check_redirect(text: &str) {
    let platform = Url::parse("https://nokube.example.org").expect("a URL");
    if let Some(path) = parse_local_path(text) {
        let target = platform.join(path);
        assert!(target.is_ok_and(|target| target.origin() == platform.origin()), "{text:?}");
    }
}
