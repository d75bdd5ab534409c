//! A way to a server that a test can block and cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Database;

/// What becomes of connections, those to come and those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They reach the server.
    Open,
    /// They are closed at once: the server is away.
    Closed,
    /// Nothing gets through, and nobody says so: a cable that was pulled. What had to wait passes when it is open
    /// again.
    Silent,
}

/// Passes connections on to a server, as long as the test wants it to.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    way: watch::Sender<Way>,
    tries: Arc<AtomicUsize>,
    /// Each new value ends the connections of before.
    cut: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

impl Gate {
    /// A gate on a free port in front of `server`, as `HOST:PORT`.
    ///
    /// # Panics
    /// If no port is free, or outside of a runtime.
    #[must_use]
    pub fn to(server: &str, way: Way) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let listener = TcpListener::from_std(listener).expect("a socket of the runtime");
        let address = listener.local_addr().expect("its address");
        let (way, ways) = watch::channel(way);
        let (cut, cuts) = watch::channel(());
        let tries = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, server.to_owned(), Arc::clone(&tries), ways, cuts));
        Self { address, way, tries, cut, accepting }
    }

    /// An open gate before the PostgreSQL server of `database`, and the address of the database through it.
    ///
    /// # Panics
    /// As [`Gate::to`], and if the database is not on PostgreSQL.
    #[must_use]
    pub fn before(database: &Database) -> (Self, String) {
        let mut url = reqwest::Url::parse(database.url()).expect("an address");
        let server = format!("{}:{}", url.host_str().expect("a host"), url.port().unwrap_or(5432));
        let gate = Self::to(&server, Way::Open);
        url.set_host(Some(&gate.address.ip().to_string())).expect("a host can be set");
        url.set_port(Some(gate.address.port())).expect("a port can be set");
        (gate, url.to_string())
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

    /// Decides about all connections.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
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
    tries: Arc<AtomicUsize>,
    way: watch::Receiver<Way>,
    cut: watch::Receiver<()>,
) {
    while let Ok((client, _)) = listener.accept().await {
        tries.fetch_add(1, Ordering::SeqCst);
        let (server, way, mut closed, mut cut) = (server.clone(), way.clone(), way.clone(), cut.clone());
        cut.mark_unchanged();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = closed.wait_for(|way| *way == Way::Closed) => {}
                _ = cut.changed() => {}
                () = pass(client, &server, way) => {}
            }
        });
    }
}

/// Carries both directions until one of them ends: neither side may wait for one that is gone.
async fn pass(mut client: TcpStream, server: &str, mut way: watch::Receiver<Way>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        () = carry(from_client, to_server, way.clone()) => {}
        () = carry(from_server, to_client, way.clone()) => {}
    }
    // A pulled cable does not tell of an end either.
    drop(way.wait_for(|way| *way != Way::Silent).await);
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut way: watch::Receiver<Way>,
) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if way.wait_for(|way| *way != Way::Silent).await.is_err()
            || to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
}
