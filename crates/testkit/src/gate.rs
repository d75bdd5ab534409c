//! A way to a server that a test can block and cut.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It reaches the server.
    Open,
    /// It is closed at once: the server is away.
    Closed,
    /// It is taken, and nobody ever says a word.
    Silent,
}

/// Passes connections on to a server, as long as the test wants it to.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    way: Arc<Mutex<Way>>,
    tries: Arc<AtomicUsize>,
    /// Each new value ends the connections of before.
    cut: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Gate {
    /// A gate on a free port in front of `server`, as `HOST:PORT`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn to(server: &str, way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (way, tries) = (Arc::new(Mutex::new(way)), Arc::new(AtomicUsize::new(0)));
        let (cut, is_cut) = watch::channel(());
        let accepting =
            tokio::spawn(accept(listener, server.to_owned(), Arc::clone(&way), Arc::clone(&tries), is_cut));
        Self { address, way, tries, cut, accepting }
    }

    /// Where it listens, as `HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many connections were tried so far.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.tries.load(Ordering::SeqCst)
    }

    /// Decides about the connections to come.
    pub fn set(&self, way: Way) {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = way;
    }

    /// Ends the connections of now in the middle of whatever they say.
    pub fn cut(&self) {
        self.cut.send_replace(());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    way: Arc<Mutex<Way>>,
    tries: Arc<AtomicUsize>,
    is_cut: watch::Receiver<()>,
) {
    while let Ok((client, _)) = listener.accept().await {
        tries.fetch_add(1, Ordering::SeqCst);
        let (server, mut is_cut) = (server.clone(), is_cut.clone());
        is_cut.mark_unchanged();
        match *way.lock().unwrap_or_else(PoisonError::into_inner) {
            Way::Closed => {}
            Way::Silent => drop(tokio::spawn(async move {
                drop(is_cut.changed().await);
                drop(client);
            })),
            Way::Open => drop(tokio::spawn(async move {
                tokio::select! {
                    () = pass(client, &server) => {}
                    _ = is_cut.changed() => {}
                }
            })),
        }
    }
}

async fn pass(mut client: TcpStream, server: &str) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
    }
}
