//! What a message may cost.

/// A number of dollars, in hundred-thousandths: at most three digits before the point, and five after it. None: it is no such
/// number, or nothing.
fn parts(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 3) || !digits(rest, 5) {
        return None;
    }
    format!("{whole}{rest:0<5}").parse().ok().filter(|parts| *parts > 0)
}

/// A price as SNS takes one.
pub(crate) fn is_price(text: &str) -> bool {
    parts(text).is_some()
}

/// The lower of the prices there are.
pub(crate) fn lower<'a>(one: Option<&'a str>, other: Option<&'a str>) -> Option<&'a str> {
    one.into_iter().chain(other).min_by_key(|text| parts(text).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_price_holds() {
        for (one, other, expected) in [
            (None, None, None),
            (Some("0.50"), None, Some("0.50")),
            (None, Some("2"), Some("2")),
            (Some("0.5"), Some("0.06"), Some("0.06")),
            (Some("9"), Some("10.00000"), Some("9")),
            (Some("0.00002"), Some("0.0001"), Some("0.00002")),
            (Some("1.0"), Some("1"), Some("1.0")),
        ] {
            assert_eq!(lower(one, other), expected);
        }
    }

    #[test]
    fn a_price_is_dollars_and_more_than_nothing() {
        assert!(["1", "999.99999", "0.00001", "007.5"].into_iter().all(is_price));
        for wrong in ["", "0", "0.00", ".5", "1.", "1,5", "-1", "+1", "1e2", "1000", "0.000001", "1 USD"] {
            assert!(!is_price(wrong), "{wrong}");
        }
    }
}
