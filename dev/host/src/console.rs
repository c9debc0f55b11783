//! The console: the host's own lines, and what components print, each line prefixed with the component's id.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Longer output without a line break is split.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Where console output goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Console {
    #[default]
    Stdout,
    /// To memory, for [`Running::console`](crate::Running::console).
    Capture,
}

#[derive(Clone)]
pub(crate) struct ConsoleWriter {
    captured: Option<Arc<Mutex<String>>>,
}

impl ConsoleWriter {
    pub fn new(console: Console) -> ConsoleWriter {
        ConsoleWriter { captured: (console == Console::Capture).then(Arc::default) }
    }

    pub fn print(&self, line: &str) {
        match &self.captured {
            Some(captured) => {
                let mut captured = lock(captured);
                captured.push_str(line);
                captured.push('\n');
            }
            // An error means that standard output is closed, and cannot be reported.
            None => drop(writeln!(io::stdout(), "{line}")),
        }
    }

    pub fn captured(&self) -> String {
        self.captured.as_ref().map(|captured| lock(captured).clone()).unwrap_or_default()
    }
}

/// Ignores poisoning: the text stays valid if a holder panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard output or standard error of one instance.
#[derive(Clone)]
pub(crate) struct ComponentOutput(Arc<Mutex<LineBuffer>>);

struct LineBuffer {
    prefix: String,
    console: ConsoleWriter,
    /// Output since the last line break.
    pending: Vec<u8>,
}

impl ComponentOutput {
    pub fn new(component: &str, console: ConsoleWriter) -> ComponentOutput {
        let prefix = format!("[{component}] ");
        ComponentOutput(Arc::new(Mutex::new(LineBuffer { prefix, console, pending: Vec::new() })))
    }
}

impl LineBuffer {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.pending.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.pending.len() >= MAX_LINE_BYTES {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let line = String::from_utf8_lossy(&pending);
        self.console.print(&format!("{}{}", self.prefix, line.trim_end_matches(['\r', '\n'])));
    }
}

impl Drop for LineBuffer {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.flush();
        }
    }
}

impl IsTerminal for ComponentOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for ComponentOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    // The default implementation writes from another task, so that a line could appear after its response.
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for ComponentOutput {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        lock(&self.0).write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl Pollable for ComponentOutput {
    async fn ready(&mut self) {}
}

impl OutputStream for ComponentOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        lock(&self.0).write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_LINE_BYTES)
    }
}
