//! Trust: how a server's certificate is judged.

use std::fmt;
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::chains::{key, Chains};
use crate::doubts::{about_anchor, about_authority, about_server};

/// An authority, and the seconds since 1970 between which it counts.
pub struct Anchor {
    anchor: TrustAnchor<'static>,
    from: i64,
    to: i64,
}

impl Anchor {
    /// None where `der` cannot be read or is doubted: an authority that is not understood vouches for nobody.
    pub fn new(der: &[u8], from: i64, to: i64) -> Option<Self> {
        if about_anchor(der) {
            return None;
        }
        let mut store = RootCertStore::empty();
        store.add(CertificateDer::from(der.to_vec())).ok()?;
        store.roots.pop().map(|anchor| Self { anchor, from, to })
    }
}

/// Trusts whom one of the authorities vouches for, under the name that was asked for. rustls takes authorities as ever
/// valid; here one whose time has not come or is over counts for nothing.
pub struct Authorities {
    anchors: Vec<Anchor>,
    counting: Mutex<Counting>,
    good: Mutex<Chains>,
}

/// The authorities that count from `from` to `to` (seconds since 1970).
#[derive(Clone)]
struct Counting {
    store: Arc<RootCertStore>,
    from: i64,
    to: i64,
}

impl Authorities {
    pub fn new(anchors: Vec<Anchor>) -> Self {
        let none = Counting { store: Arc::new(RootCertStore::empty()), from: 1, to: 0 };
        Self { anchors, counting: Mutex::new(none), good: Mutex::default() }
    }

    fn at(&self, now: i64) -> Counting {
        let mut counting = held(&self.counting);
        if now < counting.from || now > counting.to {
            *counting = self.counted(now);
        }
        counting.clone()
    }

    fn counted(&self, now: i64) -> Counting {
        let (mut store, mut from, mut to) = (RootCertStore::empty(), i64::MIN, i64::MAX);
        for each in &self.anchors {
            if now < each.from {
                to = to.min(each.from - 1);
            } else if now > each.to {
                from = from.max(each.to + 1);
            } else {
                (from, to) = (from.max(each.from), to.min(each.to));
                store.roots.push(each.anchor.clone());
            }
        }
        Counting { store: Arc::new(store), from, to }
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let second = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let shown: Vec<_> = iter::once(end_entity).chain(intermediates).collect();
        let key = key(&shown, server_name);
        if held(&self.good).has(&key, second) {
            return Ok(());
        }
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let counting = self.at(second);
        verify_server_cert_signed_by_trust_anchor(&certificate, &counting.store, intermediates, now, algorithms.all)?;
        verify_server_name(&certificate, server_name)?;
        if about_server(end_entity) || intermediates.iter().any(|der| about_authority(der)) {
            return Err(Error::General("a certificate that rustls does not wholly judge".into()));
        }
        held(&self.good).add(key, &shown, (counting.from, counting.to));
        Ok(())
    }
}

/// What a panic elsewhere left is whole all the same: each change is one assignment.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Judges servers by its authorities; without any it takes every certificate, for monitors that are told to. That the
/// server holds its key is checked all the same.
pub struct Judge {
    pub authorities: Option<Authorities>,
    pub algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} authorities", self.authorities.as_ref().map_or(0, |found| found.anchors.len()))
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            authorities.judge(end_entity, intermediates, server_name, now, self.algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
