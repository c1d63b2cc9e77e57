//! Config: whom a client trusts and what it offers, made once and shared by all its connections.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::{CipherSuite, ClientConfig};

use crate::trust::{Anchor, Authorities, Judge};

/// What browsers offer first, and what costs least.
const FIRST: [CipherSuite; 3] = [
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

/// `anchors`: the authorities, each as DER with the seconds since 1970 between which it counts; None trusts anybody.
/// `protocols`: what is offered (ALPN), the best first. No session is ever resumed.
#[pyclass(frozen)]
pub struct Config {
    pub shared: Arc<ClientConfig>,
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (anchors, protocols))]
    fn new(anchors: Option<Vec<(Vec<u8>, i64, i64)>>, protocols: Vec<Vec<u8>>) -> PyResult<Self> {
        let mut provider = default_provider();
        provider.cipher_suites.sort_by_key(|each| !FIRST.contains(&each.suite()));
        let provider = Arc::new(provider);
        let algorithms = provider.signature_verification_algorithms;
        let authorities = anchors.map(|rows| {
            Authorities::new(rows.iter().filter_map(|(der, from, to)| Anchor::new(der, *from, *to)).collect())
        });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| PyValueError::new_err(error.to_string()))?
            .dangerous() // that is: a verifier of our own, which asks rustls's
            .with_custom_certificate_verifier(Arc::new(Judge { authorities, algorithms }))
            .with_no_client_auth();
        config.alpn_protocols = protocols;
        config.resumption = Resumption::disabled();
        Ok(Self { shared: Arc::new(config) })
    }
}
