//! Failures: what rustls found wrong, in the words that OpenSSL has for it where it has any.

use std::io;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

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
    /// `error`, which a server of this `name` brought about, `greeted` after it had chosen from what was offered.
    pub fn new(error: &Error, name: &ServerName<'_>, greeted: bool) -> Self {
        use AlertDescription as A;
        use InvalidMessage as M;
        let (blame, text) = match error {
            Error::InvalidCertificate(found) => about_certificate(found, name),
            Error::NoCertificatesPresented => (Blame::Certificate, "the server showed no certificate".into()),
            Error::AlertReceived(alert) => {
                // before its own hello: that nothing suits it of what rustls offers
                let wants_other = match alert {
                    A::ProtocolVersion | A::InsufficientSecurity => true,
                    A::HandshakeFailure => !greeted,
                    _ => false,
                };
                let blame = if wants_other { Blame::Engine } else { Blame::Protocol };
                (blame, format!("alert {}", words(&format!("{alert:?}"))))
            }
            Error::InvalidMessage(M::InvalidContentType | M::UnknownProtocolVersion | M::MessageTooLarge) => {
                (Blame::Protocol, "the server speaks no TLS, or breaks its rules".into())
            }
            Error::DecryptError => (Blame::Protocol, "a record cannot be decrypted".into()),
            other => (Blame::Engine, other.to_string()),
        };
        Self { blame, text }
    }

    /// What rustls lacks.
    pub fn lacking(text: &str) -> Self {
        Self { blame: Blame::Engine, text: text.into() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { blame: Blame::Protocol, text: error.to_string() }
    }
}

/// The engine is to blame where OpenSSL may find the same certificate good: it knows keys of more kinds and sizes, and
/// authorities more ways (names that are spelled otherwise, those between, a server's own); and a host's name may stand
/// in the subject's common name, if the certificate names no other host.
fn about_certificate(found: &CertificateError, name: &ServerName<'_>) -> (Blame, String) {
    use CertificateError as C;
    let (blame, text) = match found {
        C::Expired | C::ExpiredContext { .. } => (Blame::Certificate, "certificate has expired".into()),
        C::NotValidYet | C::NotValidYetContext { .. } => (Blame::Certificate, "certificate is not yet valid".into()),
        C::UnknownIssuer => (Blame::Engine, "unable to get local issuer certificate".into()),
        C::BadSignature => (Blame::Engine, "certificate signature failure".into()),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            (Blame::Certificate, "unsuitable certificate purpose".into())
        }
        C::NotValidForName => (Blame::Engine, mismatch(name)),
        C::NotValidForNameContext { presented, .. } => {
            let named = presented.iter().any(|each| each.starts_with("DnsName"));
            let is_host = matches!(name, ServerName::DnsName(_));
            (if is_host && !named { Blame::Engine } else { Blame::Certificate }, mismatch(name))
        }
        other => (Blame::Engine, other.to_string()),
    };
    (blame, text)
}

fn mismatch(name: &ServerName<'_>) -> String {
    let kind = if matches!(name, ServerName::IpAddress(_)) { "IP address" } else { "Hostname" };
    format!("{kind} mismatch, certificate is not valid for '{}'.", name.to_str())
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
