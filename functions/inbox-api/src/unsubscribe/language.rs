//! Which language a browser asks for.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use super::words::Language;

/// Of the page's languages the one that the reader likes best (RFC 9110, 12.5.4); English if none is named.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Language::En, 0);
    // A header of thousands of languages is nobody's.
    for range in header.split(',').take(32) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.split('-').next().unwrap_or_default().trim();
        let known = Language::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(primary));
        if let (Some(language), Some(weight)) = (known, thousandths(weight))
            // The first of those that are liked as much.
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}

/// `q=0.8` is 800.
fn thousandths(weight: &str) -> Option<u32> {
    let weight: f32 = weight.trim().strip_prefix("q=")?.trim().parse().ok()?;
    if !(0.0..=1.0).contains(&weight) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 1000")]
    Some((weight * 1_000.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_best_liked_language_that_there_is() {
        for (header, expected) in [
            ("de", Language::De),
            ("de-CH,de;q=0.9,en;q=0.8", Language::De),
            ("it, fr;q=0.5, en;q=0.4", Language::Fr),
            ("en;q=0.1, ES-mx ; q=0.9", Language::Es),
            ("fr;q=0, en;q=0", Language::En),
            ("fr;q=2", Language::En),
            ("fr;q=x;y, *", Language::En),
            ("fr, de", Language::Fr),
            (",;,-;q", Language::En),
            ("", Language::En),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_str(header).unwrap())]);
            assert_eq!(language(&headers), expected, "{header}");
        }
        assert_eq!(language(&HeaderMap::new()), Language::En);
    }
}
