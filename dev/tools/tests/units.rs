//! The systemd units in `ops`: they are valid, Spin has the options, and the routes of the loopback interface are
//! changed and restored. The last one runs in a network namespace of its own, which needs root or user namespaces.
#![allow(clippy::unwrap_used)] // Tests.

use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const PLATFORM: &str = include_str!("../../../ops/nokube.service");
const QUICKACK: &str = include_str!("../../../ops/nokube-quickack.service");
const RECONCILE: &str = include_str!("../../../ops/nokube-reconcile.service");
const TIMER: &str = include_str!("../../../ops/nokube-reconcile.timer");
const GUIDE: &str = include_str!("../../../docs/install.md");

/// The options of `spin up` 4.1 and of its HTTP trigger, from their sources.
const SPIN_OPTIONS: [&str; 31] = [
    "--allow-transient-write",
    "--build",
    "--cache",
    "--cache-dir",
    "--component-id",
    "--direct-mounts",
    "--disable-cache",
    "--disable-pooling",
    "--env",
    "--find-free-port",
    "--follow",
    "--from",
    "--help",
    "--http1-max-buf-size",
    "--idle-instance-timeout",
    "--insecure",
    "--key-value",
    "--listen",
    "--log-dir",
    "--max-instance-concurrent-reuse-count",
    "--max-instance-memory",
    "--max-instance-reuse-count",
    "--profile",
    "--quiet",
    "--request-timeout",
    "--runtime-config-file",
    "--sqlite",
    "--state-dir",
    "--temp",
    "--tls-cert",
    "--tls-key",
];

/// The commands of a unit's lines `NAME=COMMAND`.
fn commands<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix('=');
    unit.lines().filter_map(value).collect()
}

#[test]
fn systemd_accepts_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("systemd-analyze");
    command.arg("verify");
    let units = [
        ("nokube.service", PLATFORM),
        ("nokube-quickack.service", QUICKACK),
        ("nokube-reconcile.service", RECONCILE),
        ("nokube-reconcile.timer", TIMER),
    ];
    for (name, unit) in units {
        let file = folder.path().join(name);
        // There need be no Spin on this machine.
        fs::write(&file, unit.replace("/usr/local/bin/spin", "/bin/true")).unwrap();
        command.arg(file);
    }
    let output = command.output().expect("systemd-analyze; `make setup-tests` installs it");
    // A warning, such as that of an unknown key, does not change the status.
    let messages = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !messages.contains("nokube"), "{messages}");
}

/// It uses the port at which Spin listens.
#[test]
fn the_timer_requests_what_is_left_from_the_platform_once_a_minute() {
    let [command] = commands(RECONCILE, "ExecStart")[..] else { unreachable!() };
    let [spin] = commands(PLATFORM, "ExecStart")[..] else { unreachable!() };
    let listen = spin.split_once("--listen ").unwrap().1.split(' ').next().unwrap();
    assert!(command.ends_with(&format!(" http://{listen}/api/v1/reconcile")), "{command}");
    assert!(command.contains(" --fail ") && command.contains(" --max-time "), "{command}");
    assert_eq!(commands(TIMER, "OnCalendar"), ["minutely"]);
}

#[test]
fn spin_has_the_options_of_the_unit() {
    let [command] = commands(PLATFORM, "ExecStart")[..] else { unreachable!() };
    let words: Vec<_> = command.split_whitespace().collect();
    assert_eq!(words[..2], ["/usr/local/bin/spin", "up"]);
    for word in &words {
        assert!(!word.starts_with('-') || SPIN_OPTIONS.contains(word), "Spin has no option {word}");
        // Spin refuses `--log-dir ""`, and takes `--state-dir ""` for none.
        assert!(!word.contains('"'), "{command}");
    }
}

/// Spin's own log files grow without a limit.
#[test]
fn the_guide_switches_log_files_off() {
    let ways = [
        "cat > runtime-config.toml <<EOF\nlog_dir = \"\"\n",
        "echo 'log_dir = \"\"' > runtime-config.toml",
    ];
    for way in ways {
        assert!(GUIDE.contains(way), "{way}");
    }
    assert_eq!(GUIDE.matches("> runtime-config.toml").count(), ways.len());
}

fn run(command: &str) {
    let mut words = command.split_whitespace();
    let status = Command::new(words.next().unwrap()).args(words).status().unwrap();
    assert!(status.success(), "{command}: {status}");
}

fn local_routes() -> String {
    let output =
        Command::new("ip").args(["-4", "route", "show", "table", "local"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A server that sends each response in two packets, as Spin does. Returns the time that 30 requests on one
/// connection take.
fn time_of_requests() -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 7];
        while stream.read_exact(&mut request).is_ok() {
            stream.write_all(b"head").unwrap();
            stream.write_all(b"body").unwrap();
        }
    });
    let mut client = TcpStream::connect(address).unwrap();
    client.set_nodelay(true).unwrap();
    let start = Instant::now();
    for _ in 0..30 {
        client.write_all(b"request").unwrap();
        client.read_exact(&mut [0; 8]).unwrap();
    }
    let time = start.elapsed();
    drop(client);
    server.join().unwrap();
    time
}

#[test]
fn responses_over_the_loopback_interface_wait_for_no_acknowledgement() {
    const INSIDE: &str = "NOKUBE_TEST_IN_NETWORK_NAMESPACE";
    if env::var_os(INSIDE).is_none() {
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let options: &[_] = if is_root { &["--net"] } else { &["--net", "--map-root-user"] };
        let output = Command::new("unshare")
            .args(options)
            .arg(env::current_exe().unwrap())
            .args(["--exact", "responses_over_the_loopback_interface_wait_for_no_acknowledgement"])
            .env(INSIDE, "yes")
            .output()
            .unwrap();
        let messages = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            messages.contains("1 passed"),
            "this test needs a network namespace, so root or user namespaces:\n{messages}"
        );
        return;
    }
    run("ip link set lo up");
    let (routes, time) = (local_routes(), time_of_requests());
    // A unit can be started and stopped twice.
    for command in commands(QUICKACK, "ExecStart").repeat(2) {
        run(command);
    }
    assert_eq!(local_routes().matches(" quickack 1").count(), 2, "{}", local_routes());
    let faster = time_of_requests();
    assert!(faster * 4 < time, "30 requests: {time:?} before, {faster:?} after");
    for command in commands(QUICKACK, "ExecStopPost").repeat(2) {
        run(command);
    }
    assert_eq!(local_routes(), routes);
    let restored = time_of_requests();
    assert!(faster * 4 < restored, "30 requests: {faster:?} before, {restored:?} after");
}
