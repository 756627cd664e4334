//! What a text comes to as an SMS: its encoding, how many segments it takes, and where it is cut.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

/// Most segments whatever the type says: SNS takes 1,600 characters, and ten segments of GSM-7 are 1,530.
const MOST_SEGMENTS: u8 = 10;

/// GSM 03.38's basic alphabet, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension: each is an escape and a character.
const EXTENSION: &str = "^{}\\[~]|€";

/// An SMS that may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sms {
    /// What is sent.
    pub text: String,
    /// What the network carries it in.
    pub encoding: SmsEncoding,
    /// How many messages it is billed as.
    pub segments: u32,
    /// Whether its end was left out.
    pub cut: bool,
}

/// An alphabet of SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsEncoding {
    /// 160 characters, or 153 a segment.
    Gsm7,
    /// As soon as one character is not in GSM-7: 70 UTF-16 units, or 67 a segment.
    Ucs2,
}

impl SmsEncoding {
    /// The smaller one that has all of a text.
    fn of(text: &str) -> Self {
        if text.chars().all(|c| Self::Gsm7.cost(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// How much of a segment a character takes.
    fn cost(self, c: char) -> Option<usize> {
        match self {
            // Most are these, and need no search.
            Self::Gsm7 if c.is_ascii_alphanumeric() || BASIC.contains(c) => Some(1),
            Self::Gsm7 if EXTENSION.contains(c) => Some(2),
            Self::Gsm7 => None,
            Self::Ucs2 => Some(c.len_utf16()),
        }
    }

    /// What a text of one segment may take, and each segment of a longer one: those begin with a header.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// What stands for what was left out.
    const fn ellipsis(self) -> &'static str {
        match self {
            Self::Gsm7 => "...",
            Self::Ucs2 => "…",
        }
    }
}

/// Segments being filled.
#[derive(Debug, Clone, Copy)]
struct Filled {
    encoding: SmsEncoding,
    room: usize,
    segments: u32,
    used: usize,
}

impl Filled {
    fn new(encoding: SmsEncoding, room: usize) -> Self {
        Self { encoding, room, segments: 1, used: 0 }
    }

    /// With this too. No character is parted between two segments, so that one may have room left.
    fn with(self, text: &str) -> Self {
        text.chars().filter_map(|c| self.encoding.cost(c)).fold(self, |now, cost| {
            if now.used + cost > now.room {
                Self { segments: now.segments + 1, used: cost, ..now }
            } else {
                Self { used: now.used + cost, ..now }
            }
        })
    }
}

impl Sms {
    /// This text, cut to at most so many segments: at a word where one ends near, and never within a character as people
    /// see it.
    #[must_use]
    pub fn fit(text: &str, max_segments: u8) -> Self {
        let text = clean(text);
        let most = max_segments.clamp(1, MOST_SEGMENTS).into();
        let whole = Self::whole(text, false);
        if whole.segments <= most {
            return whole;
        }
        let cut = match whole.encoding {
            SmsEncoding::Gsm7 => cut(&whole.text, SmsEncoding::Gsm7, most),
            SmsEncoding::Ucs2 => {
                // A single character may make all of it UCS-2. Where what stands before it has more room in GSM-7, that
                // says more.
                let before = |(at, c)| SmsEncoding::Gsm7.cost(c).is_none().then_some(at);
                let plain = whole.text.char_indices().find_map(before).unwrap_or_default();
                let plain = cut(whole.text.get(..plain).unwrap_or_default(), SmsEncoding::Gsm7, most);
                let all = cut(&whole.text, SmsEncoding::Ucs2, most);
                if plain.len() > all.len() { plain } else { all }
            }
        };
        Self::whole(cut, true)
    }

    /// What is sent where a type has no template for SMS.
    #[must_use]
    pub fn words(title: &str, body: &str) -> String {
        if body.trim().is_empty() { title.to_owned() } else { format!("{title}: {body}") }
    }

    fn whole(text: String, cut: bool) -> Self {
        let encoding = SmsEncoding::of(&text);
        let (alone, each) = encoding.room();
        let segments = match Filled::new(encoding, alone).with(&text).segments {
            1 => 1,
            _ => Filled::new(encoding, each).with(&text).segments,
        };
        Self { text, encoding, segments, cut }
    }
}

/// Without what no phone shows: control characters but line breaks, and space around it.
fn clean(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace(['\r', '\t'], " ");
    let shown: String = unix.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    shown.trim().to_owned()
}

/// The longest beginning that fits with the ellipsis behind it.
fn cut(text: &str, encoding: SmsEncoding, most: u32) -> String {
    let (alone, each) = encoding.room();
    let room = if most == 1 { alone } else { each };
    let longest = |parts: &mut dyn Iterator<Item = &str>| {
        let (mut filled, mut bytes, mut end) = (Filled::new(encoding, room), 0, 0);
        for part in parts {
            filled = filled.with(part);
            if filled.segments > most {
                break;
            }
            bytes += part.len();
            if filled.with(encoding.ellipsis()).segments <= most {
                end = bytes;
            }
        }
        end
    };
    let mut end = longest(&mut text.graphemes(true));
    if end == 0 {
        // One "character" of very many marks.
        end = longest(&mut text.split_inclusive(|_| true));
    }
    let (kept, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let kept = match kept.rfind(char::is_whitespace) {
        // Where no word ends in its second half, it is a text without spaces, or one endless word.
        Some(space) if !rest.starts_with(char::is_whitespace) && space * 2 > end => {
            kept.get(..space).unwrap_or(kept)
        }
        Some(_) | None => kept,
    };
    format!("{}{}", kept.trim_end(), encoding.ellipsis())
}

#[cfg(test)]
#[path = "sms_tests.rs"]
mod tests;
