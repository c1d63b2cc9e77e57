//! DER: the elements of a certificate, walked only as far as somebody asks (RFC 5280, 4.1).

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;

/// The tag and the content of the first element of `data`, and what follows it.
pub fn element(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = data.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, more) = rest.split_at_checked(usize::from(first & 0x7F))?;
        if digits.len() > 4 {
            return None;
        }
        length = digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
        rest = more;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The content of the first element of `data`, which must have this tag, and what follows it.
pub fn inside(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(data).and_then(|(found, content, rest)| (found == tag).then_some((content, rest)))
}

/// What a certificate holds from its validity on.
pub fn from_validity(der: &[u8]) -> Option<&[u8]> {
    let (mut tbs, _) = inside(der, SEQUENCE).and_then(|(certificate, _)| inside(certificate, SEQUENCE))?;
    if tbs.first() == Some(&VERSION) {
        tbs = element(tbs)?.2;
    }
    for _serial_number_then_signature_then_issuer in 0..3 {
        tbs = element(tbs)?.2;
    }
    Some(tbs)
}
