//! The limit of reads (`limit_reads_per_minute`), and what counting them costs.

use futures::future::join_all;
use local_host::Counts;
use nokube_tests::{TestConfig, TestPlatform, User};

/// The default of the setting, which other tests switch off.
fn with_default_limit(config: TestConfig) -> TestConfig {
    config.variable("limit_reads_per_minute", "6000")
}

/// Polls a finished build 100 times. Without the limit that is 200 reads and no write.
async fn poll_100_times(config: TestConfig) -> Counts {
    let platform = with_default_limit(config).start().await;
    let alice = platform.user("alice");
    let path = platform.finished_build(&alice).await;
    let polls = async {
        for _ in 0..100 {
            alice.get(&path).await.expect(200);
        }
    };
    let ((), cost) = platform.measure(polls).await;
    platform.finish().await;
    cost
}

#[tokio::test]
async fn counting_a_read_mostly_costs_no_round_trip() {
    let cost = poll_100_times(TestPlatform::config().with_instance_reuse()).await;
    let writes = cost.writes + cost.increments;
    assert!((1..=15).contains(&writes) && cost.reads <= 225, "{cost:?}");
}

#[tokio::test]
async fn where_instances_are_not_reused_it_costs_a_read_and_hardly_ever_a_write() {
    let cost = poll_100_times(TestPlatform::config().without_instance_reuse()).await;
    // Each read takes a chunk with a probability of 1/30: more than 18 of 100 happen once in 10^8 times.
    let writes = cost.writes + cost.increments;
    assert!(writes <= 20 && (300..=325).contains(&cost.reads), "{cost:?}");
}

#[tokio::test]
async fn at_two_hosts_together_a_person_reads_no_more_than_the_limit() {
    let config = TestPlatform::config().on_redis().variable("limit_reads_per_minute", "40");
    let platform = config.start().await;
    let second = platform.start_second_host().await;
    let hosts = |login: &str| [platform.user(login), User::at(&second.url(), login)];
    let read_often = async |login: &str| {
        let hosts = hosts(login);
        hosts[0].create_project("own").await; // They get an account, without a read.
        let reads = (0..120).map(|n| hosts[n % 2].get("/api/v1/auth/me"));
        let responses = join_all(reads).await;
        let refused: Vec<_> = responses.iter().filter(|response| response.status != 200).collect();
        for response in &refused {
            response.expect_problem(429);
            let wait: u32 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait));
        }
        responses.len() - refused.len()
    };
    let admitted = [read_often("alice").await, read_often("bob").await];
    // A minute may end during one of the two.
    assert!(
        admitted.contains(&40) && admitted.iter().all(|count| (40..=80).contains(count)),
        "{admitted:?}"
    );
    second.stop().await.unwrap();
    platform.finish().await;
}

/// What a tab sends in a minute at most: the page of a project in which something is built or deployed.
#[tokio::test]
async fn a_person_with_ten_tabs_does_not_meet_the_limit() {
    let platform = with_default_limit(TestPlatform::config()).start().await;
    let alice = platform.user("alice");
    let project = alice.create_project("myapp").await;
    let path = format!("/api/v1/projects/{project}");
    for _ in 0..20 {
        for list in ["services?limit=50", "deployments?limit=50", "builds?limit=10"] {
            let list = format!("{path}/{list}");
            let tabs = join_all((0..10).map(|_| alice.get(&list))).await;
            assert!(tabs.iter().all(|response| response.status == 200), "{list}");
        }
    }
    platform.finish().await;
}
