//! A stretch of network that can fail: between the server and its PostgreSQL.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::Database;

/// Passes bytes between whoever connects to it and a target, until it is told not to.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    /// Both ends of every connection that was made.
    open: Vec<TcpStream>,
    accepted: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mode {
    #[default]
    Passing,
    Cut,
    Frozen,
    Over,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: Mode) {
        let mut state = self.state();
        state.mode = mode;
        if matches!(mode, Mode::Cut | Mode::Over) {
            for stream in state.open.drain(..) {
                drop(stream.shutdown(Shutdown::Both));
            }
        }
        self.changed.notify_all();
    }

    /// Waits while nothing gets through.
    fn pass(&self) {
        let mut state = self.state();
        while state.mode == Mode::Frozen {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Proxy {
    /// A proxy before the PostgreSQL server of `database`, and the address of the database through it.
    ///
    /// # Panics
    /// If the database is not on PostgreSQL.
    #[must_use]
    pub fn before(database: &Database) -> (Self, String) {
        let mut url = reqwest::Url::parse(database.url()).expect("an address");
        let target = (url.host_str().expect("a host").to_owned(), url.port().unwrap_or(5432));
        let proxy = Self::to(target);
        url.set_host(Some(&proxy.address.ip().to_string())).expect("a host can be set");
        url.set_port(Some(proxy.address.port())).expect("a port can be set");
        (proxy, url.to_string())
    }

    fn to(target: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared::default());
        let known = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut state = known.state();
                match state.mode {
                    Mode::Over => return,
                    Mode::Cut => continue,
                    Mode::Passing | Mode::Frozen => {}
                }
                let Ok(server) = TcpStream::connect((target.0.as_str(), target.1)) else { continue };
                state.accepted += 1;
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let shared = Arc::clone(&known);
                    std::thread::spawn(move || carry(from, to, &shared));
                }
                state.open.extend([client, server]);
            }
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// Breaks every connection and takes no new one.
    pub fn cut(&self) {
        self.shared.set(Mode::Cut);
    }

    /// Lets nothing through, and says nothing: a cable that was pulled.
    pub fn freeze(&self) {
        self.shared.set(Mode::Frozen);
    }

    /// Passes everything again, and what had to wait.
    pub fn restore(&self) {
        self.shared.set(Mode::Passing);
    }

    /// How many connections went through so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.state().accepted
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        shared.pass();
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    // A pulled cable does not tell of an end either.
    shared.pass();
    // The other direction ends too: neither side may wait for one that is gone.
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.set(Mode::Over);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}
