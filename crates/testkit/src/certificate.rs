//! Certificates for tests of TLS.

/// A self-signed certificate for `localhost` and its private key, both in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Certificate {
    /// A new one.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        Self { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
    }

    /// A client that trusts this certificate and no other.
    ///
    /// # Panics
    /// If it cannot be built.
    #[must_use]
    pub fn client(&self) -> reqwest::Client {
        // The provider may have been chosen by a test before this one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let root = reqwest::Certificate::from_pem(self.certificate.as_bytes()).expect("a certificate in PEM");
        reqwest::Client::builder().tls_certs_only([root]).build().expect("an HTTP client")
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self::new()
    }
}
