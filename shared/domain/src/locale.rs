//! Languages, by BCP 47 tag. Shared with the build script.

/// Languages written from right to left.
const RIGHT_TO_LEFT: [&str; 9] = ["ar", "dv", "fa", "he", "ku", "ps", "sd", "ur", "yi"];

/// The tags to look under for a locale, the most particular first: `zh-Hans-CN`, `zh-Hans`, `zh`.
pub fn fallbacks(locale: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(locale), |tag| Some(tag.rsplit_once('-')?.0))
}

/// Whether a locale's language is written from right to left.
#[must_use]
pub fn is_right_to_left(locale: &str) -> bool {
    let language = fallbacks(locale).last().unwrap_or_default();
    RIGHT_TO_LEFT.iter().any(|known| known.eq_ignore_ascii_case(language))
}

/// BCP 47 in the forms that apps use: a language, then subtags. `de`, `de-CH`, `zh-Hans-CN`.
#[must_use]
pub fn is_locale(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let language = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    language && tag.len() <= 35 && parts.all(subtag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_falls_back_to_what_is_less_particular() {
        assert_eq!(fallbacks("zh-Hans-CN").collect::<Vec<_>>(), ["zh-Hans-CN", "zh-Hans", "zh"]);
        assert_eq!(fallbacks("de").collect::<Vec<_>>(), ["de"]);
    }

    #[test]
    fn the_language_tells_the_direction() {
        for (locale, right_to_left) in
            [("ar", true), ("AR-EG", true), ("he-IL", true), ("de", false), ("", false)]
        {
            assert_eq!(is_right_to_left(locale), right_to_left, "{locale}");
        }
    }
}
