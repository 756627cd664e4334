//! Plain text, as headers and bodies need it.

use std::borrow::Cow;

/// One line of at most so many characters.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let clean: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    cut(clean.trim(), max)
}

/// The beginning of a text, as one line of words.
pub(crate) fn beginning(text: &str, max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    one_line(&words.join(" "), max)
}

fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Line ends as they are written everywhere but on the wire.
pub(crate) fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Plain text inside of HTML, attributes included.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    Cow::Owned(safe)
}

/// Plain text as HTML: blank lines part paragraphs, and each finds its own direction.
pub(crate) fn paragraphs(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let text = unix(text);
    let mut lines: Vec<Cow<'_, str>> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            lines.push(escaped(line));
        } else if !lines.is_empty() {
            html.push_str("<p dir=\"auto\" style=\"margin:0 0 16px;text-align:start\">");
            html.push_str(&lines.join("<br>"));
            html.push_str("</p>");
            lines.clear();
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line("Hi\r\nBcc: x@y.z\u{2028}there\u{85}", 255), "Hi  Bcc: x@y.z there");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(one_line("ab cdef", 4), "ab…");
        assert_eq!(beginning("  one\n\n two\tthree ", 100), "one two three");
        assert_eq!(beginning("", 100), "");
    }

    #[test]
    fn paragraphs_are_escaped_and_parted() {
        let html = paragraphs("a\r\nb <i>\n\n \n\nc & d\n");
        let open = "<p dir=\"auto\" style=\"margin:0 0 16px;text-align:start\">";
        assert_eq!(html, format!("{open}a<br>b &lt;i&gt;</p>{open}c &amp; d</p>"));
        assert_eq!(paragraphs(" \n"), "");
    }
}
