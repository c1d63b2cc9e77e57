//! Client: one conversation. Bytes from the server go in, bytes for it come out; whose socket it is, is not known here.

use std::io::{ErrorKind, Read, Write};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rustls::client::ClientConnection;
use rustls::pki_types::ServerName;
use rustls::ProtocolVersion;

use crate::config::Config;
use crate::failure::Failure;

/// How much is read at once; a record holds no more.
const PIECE: usize = 16_384;

/// `name`: a host name or an address; a name is told to the server (SNI), an address is not. Raises `ValueError` for
/// what is neither. The first bytes for the server are `pending` at once.
#[pyclass]
pub struct Client {
    connection: ClientConnection,
    name: ServerName<'static>,
    failure: Option<Failure>,
    ended: bool,
}

#[pymethods]
impl Client {
    #[new]
    fn new(config: &Config, name: &str) -> PyResult<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| PyValueError::new_err("no name of a server"))?;
        let connection = ClientConnection::new(config.shared.clone(), name.clone())
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { connection, name, failure: None, ended: false })
    }

    /// Take what the server sent; gives what it says. Never raises: see `failure`, and `ended`. After a failure
    /// `pending` has the alert that tells the server why.
    fn receive<'py>(&mut self, py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
        let mut said = Vec::new();
        if self.failure.is_none() {
            if let Err(error) = self.take(data, &mut said) {
                self.failure = Some(error);
            }
        }
        PyBytes::new(py, &said)
    }

    /// Say `data` to the server; it is `pending` then. After a failure nothing more is said.
    fn send(&mut self, data: &[u8]) -> PyResult<()> {
        if self.failure.is_some() {
            return Ok(());
        }
        self.connection.set_buffer_limit(None);
        Ok(self.connection.writer().write_all(data)?)
    }

    /// Say goodbye; it is `pending` then.
    fn close(&mut self) {
        self.connection.send_close_notify();
    }

    /// The bytes that are to go to the server; they are given once.
    fn pending<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut out)?;
        }
        Ok(PyBytes::new(py, &out))
    }

    /// What is to blame for what went wrong (`certificate`, `protocol`, `engine`), and what it was.
    #[getter]
    fn failure(&self) -> Option<(&str, &str)> {
        self.failure.as_ref().map(|found| (found.blame.name(), found.text.as_str()))
    }

    /// Whether the handshake is done, and the server is who it should be.
    #[getter]
    fn stands(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Whether the server said goodbye.
    #[getter]
    fn ended(&self) -> bool {
        self.ended
    }

    /// What both agreed to speak (ALPN).
    #[getter]
    fn protocol(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.connection.alpn_protocol().map(String::from_utf8_lossy)
    }

    /// The version of TLS, as `TLSv1.3`.
    #[getter]
    fn version(&self) -> Option<&'static str> {
        match self.connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            _ => None,
        }
    }

    /// The server's own certificate, as DER.
    #[getter]
    fn certificate<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.connection.peer_certificates()?.first().map(|der| PyBytes::new(py, der.as_ref()))
    }
}

impl Client {
    fn take(&mut self, data: &[u8], said: &mut Vec<u8>) -> Result<(), Failure> {
        let mut rest = data;
        while !rest.is_empty() && !self.ended {
            if self.connection.read_tls(&mut rest)? == 0 {
                break;
            }
            let is_silent = !self.connection.is_handshaking() && !self.connection.wants_write();
            let state = match self.connection.process_new_packets() {
                Ok(state) => state,
                Err(error) => {
                    self.read(said).ok(); // what it said before it broke off
                    let greeted = self.connection.negotiated_cipher_suite().is_some();
                    return Err(Failure::new(&error, &self.name, greeted));
                }
            };
            if state.plaintext_bytes_to_read() > 0 {
                self.read(said)?;
            }
            self.ended = state.peer_has_closed();
            // in TLS 1.2 all that rustls says by itself, once hands are shaken, is that it does not do so again
            let is_old = self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_2);
            if is_silent && is_old && !self.ended && self.connection.wants_write() {
                return Err(Failure::lacking("the server wants to shake hands again, and rustls does not"));
            }
        }
        Ok(())
    }

    fn read(&mut self, said: &mut Vec<u8>) -> Result<(), Failure> {
        loop {
            let begin = said.len();
            said.resize(begin + PIECE, 0);
            let found = self.connection.reader().read(&mut said[begin..]);
            said.truncate(begin + *found.as_ref().unwrap_or(&0));
            match found {
                Ok(PIECE) => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
