//! Doubts: what OpenSSL looks at in a certificate and rustls does not. Who has something of it, OpenSSL judges.

use crate::der::{element, from_validity, inside, BIT_STRING, BOOLEAN, INTEGER, OBJECT, OCTET_STRING, SEQUENCE};

const EXTENSIONS: u8 = 0xA3;

/// The object identifiers of extensions, as they are in DER.
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x1E];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
const NETSCAPE_TYPE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xF8, 0x42, 0x01, 0x01];

/// Bits of the key usage (RFC 5280, 4.2.1.3).
const DIGITAL_SIGNATURE: u8 = 0x80;
const KEY_ENCIPHERMENT: u8 = 0x20;
const KEY_AGREEMENT: u8 = 0x08;
const KEY_CERT_SIGN: u8 = 0x04;

/// Whether a server's own certificate may be meant for something else than a server.
pub fn about_server(der: &[u8]) -> bool {
    let for_servers = DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT;
    Extensions::of(der).is_none_or(|all| all.netscape_type || !all.allows(for_servers))
}

/// Whether an authority that is shown with it may not sign certificates. What is no authority signs none anyway.
pub fn about_authority(der: &[u8]) -> bool {
    Extensions::of(der).is_none_or(|all| all.is_authority && !all.allows(KEY_CERT_SIGN))
}

/// Whether a trusted authority bounds itself: rustls asks only for its name, its key and its name constraints.
pub fn about_anchor(der: &[u8]) -> bool {
    Extensions::of(der).is_none_or(|all| all.bounds_path || all.bounds_use || all.unknown || !all.allows(KEY_CERT_SIGN))
}

#[derive(Default)]
struct Extensions {
    usage: Option<u8>,
    is_authority: bool,
    bounds_path: bool,
    bounds_use: bool,
    netscape_type: bool,
    /// A critical one that is none of those.
    unknown: bool,
}

impl Extensions {
    /// None where `der` cannot be read.
    fn of(der: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut rest = from_validity(der)?;
        while !rest.is_empty() {
            let (tag, content, more) = element(rest)?;
            rest = more;
            if tag != EXTENSIONS {
                continue;
            }
            let (mut all, _) = inside(content, SEQUENCE)?;
            while !all.is_empty() {
                let (extension, more) = inside(all, SEQUENCE)?;
                found.take(extension)?;
                all = more;
            }
        }
        Some(found)
    }

    fn take(&mut self, extension: &[u8]) -> Option<()> {
        let (name, mut rest) = inside(extension, OBJECT)?;
        let mut critical = false;
        if let Some((word, more)) = inside(rest, BOOLEAN) {
            (critical, rest) = (word != [0], more);
        }
        let (value, _) = inside(rest, OCTET_STRING)?;
        match name {
            KEY_USAGE => {
                let (bits, _) = inside(value, BIT_STRING)?;
                self.usage = Some(bits.get(1).copied().unwrap_or(0)); // before it the number of unused bits
            }
            BASIC_CONSTRAINTS => {
                let (mut content, _) = inside(value, SEQUENCE)?;
                if let Some((word, more)) = inside(content, BOOLEAN) {
                    (self.is_authority, content) = (word != [0], more);
                }
                self.bounds_path = inside(content, INTEGER).is_some();
            }
            EXTENDED_KEY_USAGE => self.bounds_use = true,
            NETSCAPE_TYPE => self.netscape_type = true,
            NAME_CONSTRAINTS => {}
            _ => self.unknown |= critical,
        }
        Some(())
    }

    /// Whether its key may be used for one of these.
    fn allows(&self, bits: u8) -> bool {
        self.usage.is_none_or(|usage| usage & bits != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{about_anchor, about_authority, about_server, Extensions, KEY_CERT_SIGN};

    #[test]
    fn what_is_no_certificate_is_doubted() {
        for der in [&b""[..], &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], &[0x30, 0xFF]] {
            assert!(about_server(der) && about_authority(der) && about_anchor(der));
        }
    }

    #[test]
    fn extensions_are_read() {
        let mut found = Extensions::default();
        let usage = [0x06, 3, 0x55, 0x1D, 0x0F, 0x01, 1, 0xFF, 0x04, 4, 0x03, 2, 1, 0x06];
        let constraints = [0x06, 3, 0x55, 0x1D, 0x13, 0x04, 8, 0x30, 6, 0x01, 1, 0xFF, 0x02, 1, 0];
        let strange = [0x06, 2, 0x2A, 3, 0x01, 1, 0xFF, 0x04, 0];
        assert_eq!(found.take(&usage), Some(()));
        assert!(found.allows(KEY_CERT_SIGN) && !found.allows(0x80) && !found.unknown);
        assert_eq!(found.take(&constraints), Some(()));
        assert!(found.is_authority && found.bounds_path && !found.unknown);
        assert_eq!(found.take(&strange), Some(()));
        assert!(found.unknown);
        assert_eq!(found.take(&[0x06, 9]), None);
    }
}
