//! A client that costs little: it writes requests that are ready, and looks at the status and the length
//! of what comes.

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

/// Makes the request with this number, whole.
pub type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// What answering took.
pub struct Pace {
    /// Requests in a second.
    pub rate: f64,
    /// Seconds of processor time that this process spent on each: our own part is small, and what else
    /// runs on the machine does not count.
    pub work: f64,
}

/// Sends the requests from `next` on, on so many connections, and expects 200 for each.
pub async fn pace(
    at: SocketAddr,
    connections: usize,
    time: Duration,
    next: &Arc<AtomicU64>,
    make: &Make,
) -> Pace {
    let (begun, before) = (Instant::now(), processor_time());
    let mut all = JoinSet::new();
    for _ in 0..connections {
        let (next, make) = (next.clone(), make.clone());
        all.spawn(async move {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answered = 0_u32;
            while begun.elapsed() < time {
                let request = make(next.fetch_add(1, Ordering::Relaxed));
                stream.write_all(&request).await.unwrap();
                answer(&mut stream).await;
                answered += 1;
            }
            answered
        });
    }
    let answered = f64::from(all.join_all().await.into_iter().sum::<u32>());
    let work = (processor_time() - before) / answered;
    Pace { rate: answered / begun.elapsed().as_secs_f64(), work }
}

/// Seconds of processor time of this process so far.
fn processor_time() -> f64 {
    let used = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(used.user_time()) + seconds(used.system_time())
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream) {
    let mut read = Vec::with_capacity(4096);
    let head = loop {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "the connection was closed");
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
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
        // In pieces, of which the last is empty.
        None => {
            while !read.ends_with(b"\r\n0\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
            }
        }
    }
}
