//! As much of an HTTP client as is needed beside the load: one request, one connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};

/// An answer that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a request to a port of this machine and gives the status and the body of the answer.
pub(crate) fn exchange(
    port: u16,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("an answer without a head")?;
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    let status = status.and_then(|digits| digits.parse().ok()).context("an answer without a status")?;
    Ok((status, answer.split_off(end + 4)))
}

/// A connection that stays, to a port of this machine. It is made with the first request: a server hangs up on those
/// that are quiet.
pub(crate) struct Connection {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
    key: String,
}

impl Connection {
    pub(crate) fn new(port: u16, key: &str) -> Self {
        Self { port, stream: None, key: key.to_owned() }
    }

    /// Sends a request and gives the status and the body of the answer.
    pub(crate) fn exchange(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> anyhow::Result<(u16, Vec<u8>)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(connect(self.port)?),
        };
        stream.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            ensure!(stream.read_line(&mut line)? > 0, "the server has hung up");
            let line = line.trim_end();
            match (status, line.split_once(": ")) {
                (None, _) => status = line.get(9..12).and_then(|digits| digits.parse().ok()),
                (Some(_), Some((name, value))) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse()?;
                }
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok((status.context("an answer without a status")?, body))
    }
}

fn connect(port: u16) -> anyhow::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

/// The same, of which only a success is good.
pub(crate) fn get(port: u16, path: &str, key: &str) -> anyhow::Result<Vec<u8>> {
    succeeded(path, exchange(port, "GET", path, key, "")?)
}

/// Books a seat that is paid for at once.
pub(crate) fn book(port: u16, key: &str, show: usize, seat_id: &str) -> anyhow::Result<Vec<u8>> {
    let path = format!("/api/partners/v1/tickets/add/1/{show}");
    let body = serde_json::json!({"seat_id": seat_id, "paid": 1}).to_string();
    succeeded(&path, exchange(port, "POST", &path, key, &body)?)
}

fn succeeded(path: &str, (status, body): (u16, Vec<u8>)) -> anyhow::Result<Vec<u8>> {
    ensure!(status == 200, "{path}: {status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
}
