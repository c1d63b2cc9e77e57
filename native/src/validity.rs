//! Validity: the seconds since 1970 between which a certificate counts, read from its DER.
//!
//! Only the path to it is walked: Certificate > tbsCertificate > validity (RFC 5280, 4.1).

use crate::der::{element, from_validity, inside, SEQUENCE};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when to when, both included; None where `der` is no certificate that can be read.
pub fn validity(der: &[u8]) -> Option<(i64, i64)> {
    let (times, _) = inside(from_validity(der)?, SEQUENCE)?;
    let (kind, from, rest) = element(times)?;
    let from = seconds(kind, from)?;
    let (kind, to, _) = element(rest)?;
    Some((from, seconds(kind, to)?))
}

fn seconds(kind: u8, text: &[u8]) -> Option<i64> {
    let (digits, years) = match (kind, text) {
        (UTC_TIME, [digits @ .., b'Z']) if digits.len() == 12 => (digits, 2),
        (GENERALIZED_TIME, [digits @ .., b'Z']) if digits.len() == 14 => (digits, 4),
        _ => return None,
    };
    let number = |at: &[u8]| at.iter().try_fold(0, |sum, d| d.is_ascii_digit().then(|| sum * 10 + i64::from(d - b'0')));
    let (year, rest) = digits.split_at(years);
    let mut year = number(year)?;
    if years == 2 {
        year += if year >= 50 { 1900 } else { 2000 }; // RFC 5280, 4.1.2.5.1
    }
    let part = |n: usize| number(&rest[2 * n..2 * n + 2]);
    let (month, day, hour, minute, second) = (part(0)?, part(1)?, part(2)?, part(3)?, part(4)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; a year begins with March here, so that the leap day is last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{days, seconds, validity, GENERALIZED_TIME, UTC_TIME};

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 2, 29), 11_016);
        assert_eq!(days(2100, 3, 1), 47_541);
    }

    #[test]
    fn both_kinds_of_times_are_read() {
        assert_eq!(seconds(UTC_TIME, b"700101000001Z"), Some(1));
        assert_eq!(seconds(UTC_TIME, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(GENERALIZED_TIME, b"20500101000000Z"), Some(2_524_608_000));
        assert_eq!(seconds(UTC_TIME, b"7001010000Z"), None);
        assert_eq!(seconds(UTC_TIME, b"70x101000000Z"), None);
        assert_eq!(seconds(UTC_TIME, b"701301000000Z"), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_validity() {
        assert_eq!(validity(b""), None);
        assert_eq!(validity(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
        assert_eq!(validity(&[0x30, 0xFF]), None);
    }
}
