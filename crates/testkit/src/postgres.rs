//! A PostgreSQL server of a test's own, which it may stop, and replicas of it.

use tempfile::TempDir;

use crate::services::{Service, written};

/// A private server. What it keeps survives [`Postgres::stop`].
#[derive(Debug)]
pub struct Postgres {
    /// For `--database-url`.
    pub url: String,
    service: Service,
}

impl Postgres {
    /// Starts one.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start() -> Self {
        Self::start_with(vec![]).await
    }

    /// Starts a streaming replica of this one.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn replica(&self) -> Self {
        let port = written(&self.service.directory, "port").expect("its port");
        Self::start_with(vec![port]).await
    }

    async fn start_with(words: Vec<String>) -> Self {
        let service = Service::new("postgres", "INT").with(words);
        let mut server = Self { url: String::new(), service };
        server.start_again().await;
        server
    }

    /// Starts it after [`Postgres::stop`], at the address of before.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_again(&mut self) {
        self.service.start(async |directory| takes_connections(directory).await).await;
        self.url = url(&self.service.directory).expect("its address");
    }

    /// Stops it, and breaks the connections that it has.
    ///
    /// # Panics
    /// If it has been stopped.
    pub fn stop(&mut self) {
        self.service.stop();
    }
}

fn url(directory: &TempDir) -> Option<String> {
    Some(format!("postgres://partnerapi@127.0.0.1:{}/postgres", written(directory, "port")?))
}

async fn takes_connections(directory: &TempDir) -> bool {
    let Some(url) = url(directory) else { return false };
    let connecting = move || postgres::Client::connect(&url, postgres::NoTls).is_ok();
    tokio::task::spawn_blocking(connecting).await.expect("it does not panic")
}
