//! An HTTP proxy that opens tunnels, refuses them or hangs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Its response to CONNECT.
#[derive(Debug, Clone, Copy)]
pub enum ProxyBehavior {
    /// A tunnel.
    Tunnel,
    /// An error status.
    Answer(u16),
    /// No response.
    Hangs,
}

/// A proxy that runs until the process ends.
pub struct Proxy {
    port: u16,
    tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    pub fn new(behavior: ProxyBehavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let tunnels = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&tunnels);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                // A client may disconnect at any time.
                thread::spawn(move || serve(client, behavior, &count));
            }
        });
        Self { port, tunnels }
    }

    /// With a user and a password, which must not be shown.
    pub fn url(&self, secret: &str) -> String {
        format!("http://user:{secret}@127.0.0.1:{}", self.port)
    }

    pub fn tunnels(&self) -> usize {
        self.tunnels.load(Ordering::SeqCst)
    }
}

fn serve(
    mut client: TcpStream,
    behavior: ProxyBehavior,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line != "\r\n" {
        line.clear();
    }
    let target = first.split(' ').nth(1).unwrap_or_default();
    match behavior {
        ProxyBehavior::Answer(status) => write!(
            client,
            "HTTP/1.1 {status} Proxy\r\ncontent-length: 0\r\nproxy-authenticate: Basic\r\n\r\n"
        ),
        // Until the client disconnects.
        ProxyBehavior::Hangs => reader.read_to_end(&mut Vec::new()).map(drop),
        ProxyBehavior::Tunnel => {
            let server = TcpStream::connect(target)?;
            write!(client, "HTTP/1.1 200 OK\r\n\r\n")?;
            count.fetch_add(1, Ordering::SeqCst);
            let (up, down) = (server.try_clone()?, client.try_clone()?);
            thread::spawn(move || copy(server, down));
            copy(client, up);
            Ok(())
        }
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
