//! Template tags on their way through MJML: what stands in `{{ }}` is nothing an XML parser should see (`{% if a < b %}`,
//! quotes inside of attributes), and nothing it may change. So names stand for them while MJML is compiled; and for all
//! letters but ASCII's, because htmlparser 0.2 panics at `für>`, where two bytes before the `>` no character begins.

use std::ops::Range;

/// No template has this by chance.
const NAME: &str = "carillontag";
/// Ends a name, so that none is the beginning of another.
const END: char = 'z';

/// A text with names for its tags.
pub(crate) struct Tagged<'a> {
    /// With the names.
    pub(crate) text: String,
    tags: Vec<&'a str>,
}

/// Takes the tags out; none if one does not end.
pub(crate) fn take(template: &str) -> Option<Tagged<'_>> {
    let (mut text, mut tags) = (String::with_capacity(template.len()), Vec::new());
    let mut rest = template;
    while let Some(start) = start(rest) {
        let (before, tag) = rest.split_at_checked(start)?;
        let (tag, after) = tag.split_at_checked(length(tag)?)?;
        text.push_str(before);
        text.push_str(&format!("{NAME}{}{END}", tags.len()));
        tags.push(tag);
        rest = after;
    }
    text.push_str(rest);
    Some(Tagged { text, tags })
}

/// Why the tags cannot be put back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost<'a> {
    /// This one stood where MJML has no text.
    Tag(&'a str),
    /// The whole would be longer than it may be.
    TooLong,
}

impl<'a> Tagged<'a> {
    /// Puts the tags back into what became of the text, however often each is there by now. Comments may be gone, and what
    /// is in `attributes`, which need not be used.
    pub(crate) fn put_back(
        &self,
        compiled: &str,
        attributes: &str,
        longest: usize,
    ) -> Result<String, Lost<'a>> {
        let mut whole = String::with_capacity(compiled.len() * 2);
        let mut missed: Vec<bool> = self.tags.iter().map(|tag| is_needed(tag)).collect();
        let mut found = |number: usize| missed.get_mut(number).into_iter().for_each(|missed| *missed = false);
        for part in self.parts(attributes) {
            if let Part::Tag(number, ..) = part {
                found(number);
            }
        }
        for part in self.parts(compiled) {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Tag(number, tag) => {
                    whole.push_str(tag);
                    found(number);
                }
            }
            if whole.len() > longest {
                return Err(Lost::TooLong);
            }
        }
        let mut lost = self.tags.iter().zip(missed).filter(|(_, missed)| *missed);
        lost.next().map_or(Ok(whole), |(tag, _)| Err(Lost::Tag(tag)))
    }

    /// The beginning of a part of the text, as it was.
    pub(crate) fn excerpt(&self, range: Range<usize>) -> String {
        let parts = self.parts(self.text.get(range).unwrap_or_default());
        let whole = parts.map(|part| match part {
            Part::Text(text) | Part::Tag(_, text) => text,
        });
        whole.flat_map(str::chars).take(60).collect()
    }

    fn parts<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Part<'t>> {
        let mut parts = text.split(NAME);
        let first = Part::Text(parts.next().unwrap_or_default());
        let others = parts.flat_map(|part| {
            let named = part.split_once(END).and_then(|(number, after)| Some((number.parse().ok()?, after)));
            let found =
                named.and_then(|(number, after): (usize, _)| Some((number, *self.tags.get(number)?, after)));
            match found {
                Some((number, tag, after)) => [Part::Tag(number, tag), Part::Text(after)],
                None => [Part::Text(NAME), Part::Text(part)],
            }
        });
        std::iter::once(first).chain(others)
    }
}

enum Part<'a> {
    Text(&'a str),
    Tag(usize, &'a str),
}

/// Comments need not stay, and what text gets lost is MJML's business.
fn is_needed(tag: &str) -> bool {
    tag.starts_with("{{") || tag.starts_with("{%")
}

/// Where the first tag begins, or the first letters beyond ASCII.
fn start(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let opens = |at: usize| matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#'));
    bytes.iter().enumerate().position(|(at, byte)| !byte.is_ascii() || (*byte == b'{' && opens(at)))
}

/// The length of the tag that a text begins with.
fn length(text: &str) -> Option<usize> {
    if !text.starts_with('{') {
        return Some(text.find(|c: char| c.is_ascii()).unwrap_or(text.len()));
    }
    let end = match text.as_bytes().get(1)? {
        b'{' => "}}",
        b'%' => "%}",
        _ => return text.find("#}").map(|at| at + 2),
    };
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text.get(at..).is_some_and(|rest| rest.starts_with(end)) => return Some(at + end.len()),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_back_as_they_were() {
        for (template, tags) in [
            ("no tags", 0),
            ("<a href=\"{{ url | default(\"x\") }}\">{{ name }}</a>", 2),
            ("{% if a < b and c == '%}' %}x{% endif %}", 2),
            ("{{ '}}' ~ \"\\\"}}\" }}", 1),
            ("{# <b> #}{{a}}", 2),
            ("{ {x} }}{", 0),
            ("{% if ü %}für>{% endif %}äöü", 4),
        ] {
            let tagged = take(template).unwrap();
            assert_eq!(tagged.tags.len(), tags, "{template}");
            assert_eq!(tagged.put_back(&tagged.text, "", 1_000).as_deref(), Ok(template));
            assert!(tagged.text.is_ascii() && (tags == 0 || !tagged.text.contains("}}")), "{}", tagged.text);
        }
    }

    #[test]
    fn a_tag_that_does_not_end_is_none() {
        for template in ["a {{ b", "{{ '}}", "{% a }}", "{# a", "{{ a }}{%"] {
            assert!(take(template).is_none(), "{template}");
        }
    }

    #[test]
    fn what_only_looks_like_a_name_stays() {
        let text = "carillontag7z carillontag {{ a }}carillontagxz";
        let tagged = take(text).unwrap();
        assert_eq!(tagged.put_back(&tagged.text, "", 1_000).as_deref(), Ok(text));
    }

    #[test]
    fn what_got_lost_is_named_and_what_multiplied_is_bounded() {
        let template: String = (0..12).map(|i| format!("{{{{ a{i} }}}}")).collect();
        let tagged = take(&template).unwrap();
        assert_eq!(tagged.put_back(&tagged.text, "", 1_000).as_deref(), Ok(template.as_str()));
        let less = tagged.text.replace("carillontag1z", "");
        assert_eq!(tagged.put_back(&less, "", 1_000), Err(Lost::Tag("{{ a1 }}")));
        assert_eq!(tagged.put_back(&less, "carillontag1z", 1_000), Ok(template.replace("{{ a1 }}", "")));
        assert_eq!(tagged.put_back(&tagged.text.repeat(20), "", 1_000), Err(Lost::TooLong));
        assert_eq!(
            take("a{# b #}c").unwrap().put_back("ac", "", 10).as_deref(),
            Ok("ac"),
            "a comment may be gone"
        );
    }
}
