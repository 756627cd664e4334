//! Checks of single fields. Each answers in words that fit after the field's name.

/// Refuses what is longer than `max` characters, empty, or contains control characters.
pub(crate) fn line(text: &str, max: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(String::from("must not be empty"));
    }
    short(text, max)
}

/// Like [`line`], but may be empty.
pub(crate) fn short(text: &str, max: usize) -> Result<(), String> {
    if text.chars().count() > max {
        return Err(format!("must be at most {max} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(String::from("must not contain control characters"));
    }
    Ok(())
}

/// https or root-relative. `//host` and `/\host` are other hosts to a browser, so they are refused too.
pub(crate) fn link(url: &str) -> Result<(), String> {
    let bad = |b: u8| b <= b' ' || b == 0x7f || b == b'\\';
    if url.len() > 2_048 {
        return Err(String::from("must be at most 2048 bytes"));
    }
    let absolute =
        url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let relative = url.starts_with('/') && !url.starts_with("//");
    if url.bytes().any(bad) || !(absolute || relative) {
        return Err(String::from("must be an https URL or a path that starts with a single /"));
    }
    Ok(())
}

/// Enough to catch a mistake; only a delivery proves an address.
pub(crate) fn email(address: &str) -> Result<(), String> {
    let parts = address.rsplit_once('@');
    let plausible = parts.is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    let clean = !address.chars().any(|c| c.is_control() || c.is_whitespace());
    if plausible && clean && address.len() <= 320 {
        Ok(())
    } else {
        Err(String::from("must be an email address"))
    }
}

/// E.164: `+`, then 8 to 15 digits, the first not 0.
pub(crate) fn phone(number: &str) -> Result<(), String> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let fits = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    if fits && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(())
    } else {
        Err(String::from("must be an E.164 phone number such as +4930123456"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_they_say() {
        for good in ["https://example.com", "https://example.com/a?b=c#d", "/", "/orders/42?x=1"] {
            assert_eq!(link(good), Ok(()), "{good}");
        }
        let long = format!("/{}", "x".repeat(2_048));
        for bad in [
            "http://a.b",
            "javascript:alert(1)",
            "//evil",
            "/\\evil",
            "https://",
            "https:///x",
            "a",
            "",
            "/a b",
            &long,
        ] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn contacts_are_plausible() {
        assert!(email("ann@example.com").is_ok() && phone("+4930123456").is_ok());
        for bad in ["ann", "@example.com", "ann@example", "a nn@example.com", "ann@example.com\r\nbcc:x@y.z"]
        {
            assert!(email(bad).is_err(), "{bad}");
        }
        for bad in ["4930123456", "+0301234567", "+49 30 123456", "+1234567", "+1234567890123456"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }
}
