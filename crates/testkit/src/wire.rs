//! HTTP/1.1 by hand: half a request, two at once, a client that hangs up.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// No working server lets a client wait this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// One connection. Dropping it hangs up.
#[derive(Debug)]
pub struct Wire(BufReader<TcpStream>);

/// An answer as it came over a [`Wire`].
#[derive(Clone, Debug)]
pub struct WireAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl WireAnswer {
    /// The value of a header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    /// Its body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Wire {
    /// Connects to a server.
    ///
    /// # Panics
    /// If it cannot be reached.
    #[must_use]
    pub fn connect(url: &str) -> Self {
        let address = url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("a server that can be reached");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket with a time limit");
        Self(BufReader::new(stream))
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the connection is broken.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("a connection that takes bytes");
    }

    /// Reads the next answer.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn answer(&mut self) -> WireAnswer {
        let head = self.line();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {head:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = WireAnswer { status, headers, body: String::new() };
        let mut body = vec![0; answer.header("content-length").parse().unwrap_or(0)];
        self.0.read_exact(&mut body).expect("the whole body");
        answer.body = String::from_utf8(body).expect("a body in UTF-8");
        answer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line of an answer");
        line.trim_end().to_owned()
    }

    /// Waits until the server ends the connection, and gives what it sent before.
    ///
    /// # Panics
    /// If it does not for two minutes.
    #[must_use]
    pub fn end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server keeps the connection: {error}"),
        }
        rest
    }
}
