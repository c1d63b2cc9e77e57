//! Chains: those that were found good, so that the same bytes are not judged again at each check.
//!
//! Whether a chain is good depends on its bytes, on the name, on the authorities, and on the time: whether all that
//! takes part counts now. So it stays good while everything that it shows counts, and no longer.

use std::collections::HashMap;

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use rustls::pki_types::{CertificateDer, ServerName};

use crate::validity::validity;

/// When there are more, all are judged again.
const MOST: usize = 20_000;

type Key = [u8; SHA256_OUTPUT_LEN];

/// Good chains, by what they are, with the seconds since 1970 between which they are.
#[derive(Default)]
pub struct Chains(HashMap<Key, (i64, i64)>);

impl Chains {
    /// Whether this one was found good, and still is.
    pub fn has(&self, key: &Key, now: i64) -> bool {
        self.0.get(key).is_some_and(|&(from, to)| from <= now && now <= to)
    }

    /// It was found good while what `counts` is from the first to the last second.
    pub fn add(&mut self, key: Key, shown: &[&CertificateDer<'_>], counts: (i64, i64)) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let both = |a: (i64, i64), b: (i64, i64)| (a.0.max(b.0), a.1.min(b.1));
        if let Some(window) = shown.iter().try_fold(counts, |sum, der| validity(der).map(|each| both(sum, each))) {
            self.0.insert(key, window);
        }
    }
}

/// What a chain that is shown for `name` is known by.
pub fn key(shown: &[&CertificateDer<'_>], name: &ServerName<'_>) -> Key {
    let mut context = Context::new(&SHA256);
    for der in shown {
        context.update(&(der.len() as u64).to_be_bytes());
        context.update(der);
    }
    context.update(name.to_str().as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(context.finish().as_ref());
    key
}
