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

/// An absolute https URL that names its host plainly: no user and password (they would be kept and logged with it).
pub(crate) fn https_url(url: &str) -> Result<(), String> {
    plain_url(url, url.strip_prefix("https://"))
}

/// The same, with either scheme.
pub(crate) fn web_url(url: &str) -> Result<(), String> {
    plain_url(url, url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")))
}

/// `rest` is what comes after the scheme, if that is one it may have.
fn plain_url(url: &str, rest: Option<&str>) -> Result<(), String> {
    if url.len() > 2_048 {
        return Err(String::from("must be at most 2048 bytes"));
    }
    let Some(rest) = rest else {
        return Err(String::from("must be an https URL"));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(String::from("must not carry a user name or password"));
    }
    let visible = url.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if visible && host_and_port(authority) { Ok(()) } else { Err(String::from("must be an https URL")) }
}

/// `example.com`, `example.com:8443`, `[2001:db8::1]:8443`.
fn host_and_port(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let named = || host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let address = || {
        let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
    };
    let digits = |port: &str| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    !host.is_empty() && (named() || address()) && port.is_none_or(digits)
}

/// A zone of the IANA database, as compiled in. `Etc/Unknown` stands for no zone.
pub(crate) fn zone(name: &str) -> Result<(), String> {
    let known = name.len() <= 64 && name != "Etc/Unknown" && jiff::tz::TimeZone::get(name).is_ok();
    if known { Ok(()) } else { Err(String::from("must be an IANA time zone such as Europe/Zurich")) }
}

/// BCP 47 in the forms that apps use.
pub(crate) fn locale(tag: &str) -> Result<(), String> {
    if crate::locale::is_locale(tag) { Ok(()) } else { Err(String::from("must be a locale such as de-CH")) }
}

/// Up to `max` visible ASCII characters: tokens that are only passed on.
pub(crate) fn visible(text: &str, max: usize) -> Result<(), String> {
    if (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(format!("must be 1 to {max} visible ASCII characters"))
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

    #[test]
    fn urls_name_their_host_plainly() {
        for good in [
            "https://example.com",
            "https://example.com:8443/a@b?c=d#e",
            "https://[2001:db8::1]/x",
            "https://[2001:db8::1]:8443",
            "https://192.0.2.1/hook",
        ] {
            assert_eq!(https_url(good), Ok(()), "{good}");
        }
        let long = format!("https://example.com/{}", "x".repeat(2_048));
        for bad in [
            "http://example.com",
            "HTTPS//example.com",
            "/relative",
            "https://",
            "https:///x",
            "https://user@example.com",
            "https://user:secret@example.com/",
            "https://exa mple.com",
            "https://example.com\\@evil.com",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:65536",
            "https://example.com:+80",
            "https://[::1",
            "https://\u{fc}ber.example.com",
            &long,
        ] {
            assert!(https_url(bad).is_err(), "{bad}");
        }
        for (url, fits) in
            [("http://127.0.0.1:4711/x", true), ("https://example.com", true), ("ftp://example.com", false)]
        {
            assert_eq!(web_url(url).is_ok(), fits, "{url}");
        }
    }

    #[test]
    fn zones_and_locales_are_known_ones() {
        for good in ["Europe/Zurich", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kolkata"] {
            assert_eq!(zone(good), Ok(()), "{good}");
        }
        for bad in
            ["", "Mars/Olympus", "Etc/Unknown", "+01:00", "CET-1CEST", "../etc/passwd", "Europe/Zurich "]
        {
            assert!(zone(bad).is_err(), "{bad}");
        }
        for good in ["de", "de-CH", "zh-Hans-CN", "es-419", "gsw-u-sd-chzh"] {
            assert_eq!(locale(good), Ok(()), "{good}");
        }
        for bad in ["", "d", "german", "de_CH", "de-", "-de", "1a", "de CH", "de-Switzerland"] {
            assert!(locale(bad).is_err(), "{bad}");
        }
    }
}
