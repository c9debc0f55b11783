//! A minimal HTTP client, so that the measurement itself takes little processor time. It checks the
//! status of a response and reads to its end.

use nix::sys::resource::{UsageWho, getrusage};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Returns the bytes of the request with this number.
pub type MakeRequest = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

pub struct Throughput {
    pub requests_per_second: f64,
    /// Processor time of this process per request, in seconds. Other processes do not affect it. It
    /// includes the client's share, which is small.
    pub cpu_seconds_per_request: f64,
}

/// Sends requests for a duration, numbered from `next`. Panics unless each response has status 200.
pub async fn measure_throughput(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    next: &Arc<AtomicU64>,
    make: &MakeRequest,
) -> Throughput {
    let (started, cpu_before) = (Instant::now(), cpu_seconds());
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (next, make) = (next.clone(), make.clone());
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut responses = 0_u32;
            while started.elapsed() < duration {
                let request = make(next.fetch_add(1, Ordering::Relaxed));
                stream.write_all(&request).await.unwrap();
                read_response(&mut stream).await;
                responses += 1;
            }
            responses
        });
    }
    let responses = f64::from(tasks.join_all().await.into_iter().sum::<u32>());
    let cpu_seconds_per_request = (cpu_seconds() - cpu_before) / responses;
    let requests_per_second = responses / started.elapsed().as_secs_f64();
    Throughput { requests_per_second, cpu_seconds_per_request }
}

/// The processor time that this process has used.
fn cpu_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Reads one response to its end.
async fn read_response(stream: &mut TcpStream) {
    let mut read = Vec::with_capacity(4096);
    let head = loop {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "the connection was closed");
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&read[..head]).unwrap().to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 200 "), "{}", String::from_utf8_lossy(&read));
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    match length.map(|length| head + length.parse::<usize>().unwrap()) {
        Some(whole) => {
            while read.len() < whole {
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
            }
        }
        // Chunked: the last chunk is empty.
        None => {
            while !read.ends_with(b"\r\n0\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
            }
        }
    }
}
