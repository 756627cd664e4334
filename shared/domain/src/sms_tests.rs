//! What texts come to.

use proptest::prelude::*;

use super::*;

fn fit(text: &str, most: u8) -> (SmsEncoding, u32, bool) {
    let sms = Sms::fit(text, most);
    (sms.encoding, sms.segments, sms.cut)
}

#[test]
fn segments_are_counted_by_the_alphabet() {
    use SmsEncoding::{Gsm7, Ucs2};
    let table = [
        (String::from("Hello"), Gsm7, 1),
        ("a".repeat(160), Gsm7, 1),
        ("a".repeat(161), Gsm7, 2),
        ("a".repeat(306), Gsm7, 2),
        ("a".repeat(307), Gsm7, 3),
        (String::from("äöüßñ¿ÆΔ@£\n"), Gsm7, 1),
        // An escape and a character each.
        ("€".repeat(80), Gsm7, 1),
        ("€".repeat(81), Gsm7, 2),
        // The last of a segment does not fit where one is left: 152 and an escape.
        (format!("{}€{}", "a".repeat(152), "b".repeat(152)), Gsm7, 3),
        (format!("{}€{}", "a".repeat(151), "b".repeat(153)), Gsm7, 2),
        (String::from("ç"), Ucs2, 1),
        ("é".repeat(160), Gsm7, 1),
        ("й".repeat(70), Ucs2, 1),
        ("й".repeat(71), Ucs2, 2),
        // A pair of units each.
        ("😀".repeat(35), Ucs2, 1),
        ("😀".repeat(36), Ucs2, 2),
        // 66 of 67, because no pair is parted.
        ("😀".repeat(66), Ucs2, 2),
        ("😀".repeat(67), Ucs2, 3),
        ("مرحبا ".repeat(10), Ucs2, 1),
    ];
    for (text, encoding, segments) in table {
        assert_eq!(fit(&text, 10), (encoding, segments, false), "{text}");
    }
}

#[test]
fn what_is_too_long_is_cut_at_a_word() {
    let words = "A sentence of some words. ".repeat(400);
    assert!(words.len() > 10_000);
    let sms = Sms::fit(&words, 3);
    assert_eq!((sms.encoding, sms.segments, sms.cut), (SmsEncoding::Gsm7, 3, true));
    assert!(sms.text.len() > 440, "{}", sms.text.len());
    let kept = sms.text.strip_suffix("...").unwrap();
    let next = &words[kept.len()..];
    assert!(words.starts_with(kept) && next.starts_with(' ') && !kept.ends_with(' '), "{kept}|{next:.9}");
    let sms = Sms::fit(&"Слово за слово. ".repeat(100), 1);
    assert!(sms.text.ends_with("…") && sms.text.encode_utf16().count() <= 70, "{}", sms.text);
    assert_eq!((sms.segments, sms.cut), (1, true));
}

#[test]
fn what_has_no_words_is_cut_between_characters() {
    let sms = Sms::fit(&"a".repeat(10_000), 2);
    assert_eq!((sms.text.len(), sms.segments), (306, 2));
    // A family is one character of seven, and a flag one of two.
    for seen in ["👨‍👩‍👧‍👦", "🇨🇭", "e\u{301}", "नि"] {
        let sms = Sms::fit(&seen.repeat(100), 1);
        let kept = sms.text.strip_suffix('…').unwrap();
        assert_eq!(kept.replace(seen, ""), "", "{seen}");
        assert!(!kept.is_empty() && sms.segments == 1);
    }
    let zalgo = format!("z{}", "\u{336}".repeat(500));
    let sms = Sms::fit(&zalgo, 1);
    assert_eq!((sms.text.chars().count(), sms.segments), (70, 1), "as much of it as goes");
}

#[test]
fn one_character_at_the_end_does_not_cost_half_of_what_is_said() {
    let sms = Sms::fit(&format!("{}😀", "a".repeat(400)), 3);
    assert_eq!((sms.encoding, sms.segments, sms.text.len()), (SmsEncoding::Gsm7, 3, 403));
    let sms = Sms::fit(&format!("😀{}", "a".repeat(400)), 3);
    assert_eq!((sms.encoding, sms.segments), (SmsEncoding::Ucs2, 3));
}

#[test]
fn no_phone_shows_control_characters() {
    assert_eq!(Sms::fit(" a\r\nb\tc\u{0}\u{7f}\u{1b}d \n", 1).text, "a\nb cd");
}

#[test]
fn there_is_room_for_what_sns_takes_at_most() {
    let sms = Sms::fit(&"a".repeat(5_000), u8::MAX);
    assert_eq!((sms.segments, sms.text.len()), (10, 1_530));
    assert_eq!(Sms::fit("aa", 0).segments, 1);
}

#[test]
fn title_and_body_are_one_text() {
    assert_eq!(Sms::words("Table for two", "Friday"), "Table for two: Friday");
    assert_eq!(Sms::words("Table for two", " "), "Table for two");
}

proptest! {
    #[test]
    fn nothing_is_longer_than_it_may_be(text in "\\PC{0,400}", most in 1_u8..=4) {
        let sms = Sms::fit(&text, most);
        prop_assert!(sms.segments <= most.into());
        let again = Sms::fit(&sms.text, most);
        prop_assert_eq!((again.segments, again.cut), (sms.segments, false));
        if !sms.cut {
            prop_assert_eq!(sms.text, text.trim());
        }
    }

    #[test]
    fn what_is_cut_uses_most_of_the_room(text in "[a-zé😀й]{300,500}", most in 1_u8..=2) {
        let sms = Sms::fit(&text, most);
        prop_assert!(sms.cut);
        let units = sms.text.encode_utf16().count();
        let room = if most == 1 { 70 } else { 134 };
        prop_assert!(units + 4 >= room, "{} of {}", units, room);
    }
}
