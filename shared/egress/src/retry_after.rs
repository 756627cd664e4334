//! When a server wants to be asked again.

use std::time::UNIX_EPOCH;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Seconds that `Retry-After` asks for, given as seconds or as a date (RFC 9110, 10.2.3). `now` is in seconds since 1970.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: i64) -> Option<i64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // So long that it does not fit: as long as can be said; whoever schedules it bounds it.
        return Some(value.parse().unwrap_or(i64::MAX));
    }
    let at = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(i64::try_from(at.as_secs()).ok()?.saturating_sub(now).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        let table = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(i64::MAX)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10)),
            ("Sun Nov  6 08:49:47 1994", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ];
        for (value, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            assert_eq!(retry_after(&headers, 784_111_777), expected, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), 0), None);
    }
}
