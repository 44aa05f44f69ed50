//! Counts what a client is sent, whatever it speaks: a relay before the API server.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

/// A relay that lives as long as the process.
pub struct Relay {
    kubeconfig: PathBuf,
    sent: Arc<AtomicUsize>,
}

impl Relay {
    /// A relay before the server that a kubeconfig names.
    pub fn before(kubeconfig: &Path) -> Relay {
        let text = fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let mut config: Value = serde_json::from_str(&text).expect("a kubeconfig of ours");
        let url = &mut config["clusters"][0]["cluster"]["server"];
        let server = url.as_str().unwrap_or_default();
        let address = server.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        *url = format!("https://127.0.0.1:{port}").into();
        let path = kubeconfig.with_extension("relayed");
        fs::write(&path, config.to_string()).expect("cannot write a kubeconfig");

        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&address) else {
                    continue;
                };
                let (Ok(up), Ok(down)) = (client.try_clone(), server.try_clone()) else {
                    continue;
                };
                let count = Arc::clone(&count);
                thread::spawn(move || copy(up, server, &AtomicUsize::new(0)));
                thread::spawn(move || copy(down, client, &count));
            }
        });
        Relay {
            kubeconfig: path,
            sent,
        }
    }

    /// The way through the relay.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Bytes that the server sent.
    pub fn traffic(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: &AtomicUsize) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(length, Ordering::SeqCst);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
