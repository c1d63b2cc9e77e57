//! Failures: what rustls found wrong, in the words that OpenSSL has for it where it has any.

use std::io;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error};

/// Who or what is to blame: what the server shows for itself, what else it does, or that rustls knows less than others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    Certificate,
    Protocol,
    Engine,
}

impl Blame {
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Protocol => "protocol",
            Self::Engine => "engine",
        }
    }
}

/// What went wrong.
pub struct Failure {
    pub blame: Blame,
    pub text: String,
}

impl Failure {
    /// `error`, which a server of this `name` brought about.
    pub fn new(error: &Error, name: &ServerName<'_>) -> Self {
        use AlertDescription as A;
        let (blame, text) = match error {
            Error::InvalidCertificate(found) => about_certificate(found, name),
            Error::NoCertificatesPresented => (Blame::Certificate, "the server showed no certificate".into()),
            Error::AlertReceived(alert) => {
                let older = matches!(alert, A::ProtocolVersion | A::InsufficientSecurity);
                let blame = if older { Blame::Engine } else { Blame::Protocol };
                (blame, format!("alert {}", words(&format!("{alert:?}"))))
            }
            Error::InvalidMessage(_) => (Blame::Protocol, "the server speaks no TLS, or breaks its rules".into()),
            Error::DecryptError => (Blame::Protocol, "a record cannot be decrypted".into()),
            other => (Blame::Engine, other.to_string()),
        };
        Self { blame, text }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { blame: Blame::Protocol, text: error.to_string() }
    }
}

fn about_certificate(found: &CertificateError, name: &ServerName<'_>) -> (Blame, String) {
    use CertificateError as C;
    let text = match found {
        C::Expired | C::ExpiredContext { .. } => "certificate has expired".into(),
        C::NotValidYet | C::NotValidYetContext { .. } => "certificate is not yet valid".into(),
        C::UnknownIssuer => "unable to get local issuer certificate".into(),
        C::BadSignature => "certificate signature failure".into(),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => "unsuitable certificate purpose".into(),
        C::NotValidForName | C::NotValidForNameContext { .. } => {
            let kind = if matches!(name, ServerName::IpAddress(_)) { "IP address" } else { "Hostname" };
            format!("{kind} mismatch, certificate is not valid for '{}'.", name.to_str())
        }
        other => return (Blame::Engine, other.to_string()),
    };
    (Blame::Certificate, text)
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
