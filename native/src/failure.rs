//! Failures: what rustls found wrong, in the words that OpenSSL has for it where it has any.

use std::io;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error};

/// What went wrong: that the server could not show who it is (`about_certificate`), or anything else of the protocol.
pub struct Failure {
    pub about_certificate: bool,
    pub text: String,
}

impl Failure {
    /// `error`, which a server of this `name` brought about.
    pub fn new(error: &Error, name: &ServerName<'_>) -> Self {
        let (about_certificate, text) = match error {
            Error::InvalidCertificate(found) => (true, certificate_text(found, name)),
            Error::NoCertificatesPresented => (true, "the server showed no certificate".into()),
            Error::AlertReceived(alert) => (false, format!("alert {}", words(&format!("{alert:?}")))),
            Error::PeerIncompatible(why) => (false, words(&format!("{why:?}"))),
            Error::InvalidMessage(_) => (false, "the server speaks no TLS, or breaks its rules".into()),
            other => (false, other.to_string()),
        };
        Self { about_certificate, text }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { about_certificate: false, text: error.to_string() }
    }
}

fn certificate_text(found: &CertificateError, name: &ServerName<'_>) -> String {
    use CertificateError as C;
    match found {
        C::Expired | C::ExpiredContext { .. } => "certificate has expired".into(),
        C::NotValidYet | C::NotValidYetContext { .. } => "certificate is not yet valid".into(),
        C::UnknownIssuer => "unable to get local issuer certificate".into(),
        C::BadSignature => "certificate signature failure".into(),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => "unsuitable certificate purpose".into(),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            let kind = if matches!(name, ServerName::IpAddress(_)) { "IP address" } else { "Hostname" };
            format!("{kind} mismatch, certificate is not valid for '{}'.", name.to_str())
        }
        other => other.to_string(),
    }
}

/// `HandshakeFailure` as words: `handshake failure`.
fn words(name: &str) -> String {
    let mut told = String::with_capacity(name.len() + 8);
    for letter in name.chars() {
        if letter.is_uppercase() && !told.is_empty() {
            told.push(' ');
        }
        told.extend(letter.to_lowercase());
    }
    told
}
