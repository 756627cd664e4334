//! Addresses as SES takes them.

use idna::AsciiDenyList;

use crate::EmailError;

/// Longest part before the `@`, and longest domain (RFC 5321).
const LONGEST: (usize, usize) = (64, 255);

/// The address with its domain in ASCII (IDNA). SES takes no other letters before the `@`, so those are refused, as is
/// whatever would have to stand in quotes there.
pub fn ascii_address(address: &str) -> Result<String, EmailError> {
    let (local, domain) = address.rsplit_once('@').ok_or(EmailError::Address("has no domain"))?;
    if !local.is_ascii() {
        return Err(EmailError::Address("has letters before the @ that SES does not take"));
    }
    if !(1..=LONGEST.0).contains(&local.len()) || !local.bytes().all(is_atext) {
        return Err(EmailError::Address("is not one that SES takes"));
    }
    let domain = ascii_domain(domain).ok_or(EmailError::Address("has a domain that cannot be"))?;
    Ok(format!("{local}@{domain}"))
}

/// A domain name in ASCII and lower case; none if it cannot be one.
pub(crate) fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3).ok()?;
    let label =
        |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    let whole = ascii.len() <= LONGEST.1 && ascii.contains('.') && ascii.split('.').all(label);
    whole.then(|| ascii.into_owned())
}

/// What may stand before the `@` without quotes (RFC 5322), dots included wherever they are: there are such mailboxes.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_in_any_script_becomes_ascii() {
        for (given, ascii) in [
            ("ann@example.com", "ann@example.com"),
            ("Ann.O'Neil+x@EXAMPLE.com", "Ann.O'Neil+x@example.com"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
            ("a..b.@docomo.example", "a..b.@docomo.example"),
        ] {
            assert_eq!(ascii_address(given).as_deref(), Ok(ascii));
        }
    }

    #[test]
    fn what_ses_does_not_take_is_refused() {
        let (long, wide) = ("x".repeat(65), "y".repeat(64));
        for bad in [
            "jürgen@example.com",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@-example.com",
            "ann@exam ple.com",
            "ann@example..com",
            "ann@[192.0.2.1]",
            "\"a b\"@example.com",
            "a@b@example.com",
            "ann>,<bob@example.com",
            "ann@example.com>\r\nBcc: bob@example.com",
            "ann\r\n@example.com",
            &format!("{long}@example.com"),
            &format!("ann@{wide}.com"),
        ] {
            assert!(ascii_address(bad).is_err(), "{bad:?}");
        }
    }
}
