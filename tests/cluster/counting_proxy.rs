//! A TCP proxy in front of the API server that counts the bytes sent to a client.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

/// A proxy that runs until the process ends.
pub struct CountingProxy {
    kubeconfig: PathBuf,
    sent: Arc<AtomicUsize>,
}

impl CountingProxy {
    /// Starts a proxy in front of the server of a kubeconfig.
    pub fn before(kubeconfig: &Path) -> CountingProxy {
        let text = fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let mut config: Value = serde_json::from_str(&text).expect("a kubeconfig in JSON");
        let url = &mut config["clusters"][0]["cluster"]["server"];
        let server = url.as_str().unwrap_or_default();
        let address = server.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        *url = format!("https://127.0.0.1:{port}").into();
        let path = kubeconfig.with_extension("proxied");
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
        CountingProxy {
            kubeconfig: path,
            sent,
        }
    }

    /// A kubeconfig with the address of the proxy.
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
