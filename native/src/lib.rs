//! The client's side of TLS for probes: rustls over memory, without sockets, threads or sessions that are taken up.
//!
//! `Config` says whom to trust and what to offer, `Client` is one conversation.

mod chains;
mod client;
mod config;
mod der;
mod doubts;
mod failure;
mod trust;
mod validity;

use pyo3::prelude::*;

/// TLS 1.2 and 1.3 for probes.
#[pymodule]
fn vedette_tls(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<config::Config>()?;
    module.add_class::<client::Client>()?;
    Ok(())
}
