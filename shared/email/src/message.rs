//! The message as it goes over the wire.

use std::borrow::Cow;

use carillon_domain::Millis;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::headers::{Header, HeaderType};
use mail_builder::mime::MimePart;

use crate::address::ascii_address;
use crate::text::one_line;
use crate::{EmailError, Mailbox, Rendered};

/// Longest name beside an address, in characters.
const MAX_NAME: usize = 100;

/// What stands around a rendered email.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// Whom it is from.
    pub from: Mailbox,
    /// Whom it is to; IDNA is applied.
    pub to: &'a str,
    /// Where answers go.
    pub reply_to: &'a [String],
    /// For the one-click header; only where there is something to unsubscribe from.
    pub unsubscribe_url: Option<&'a str>,
    /// The recipient's language, for `Content-Language`.
    pub locale: Option<&'a str>,
    /// `Date`.
    pub sent_at: Millis,
    /// The notification's public id.
    pub id: &'a str,
}

/// The whole message: multipart/alternative, text first. It has no `Message-ID`: SES gives it one.
pub fn mime(envelope: &Envelope<'_>, rendered: &Rendered) -> Result<Vec<u8>, EmailError> {
    let mut message = Vec::with_capacity(rendered.html.len() * 2 + rendered.text.len() * 2 + 2_048);
    for (name, value) in headers(envelope, rendered)? {
        message.extend_from_slice(name.as_bytes());
        message.extend_from_slice(b": ");
        value.write_header(&mut message, name.len() + 2);
    }
    let text = MimePart::new("text/plain", rendered.text.as_str());
    let html = MimePart::new("text/html", rendered.html.as_str());
    MessageBuilder::new()
        .body(MimePart::new("multipart/alternative", vec![text, html]))
        .serialize_body(&mut message);
    Ok(message)
}

type Headers<'a> = Vec<(&'static str, HeaderType<'a>)>;

fn headers<'a>(envelope: &'a Envelope<'_>, rendered: &'a Rendered) -> Result<Headers<'a>, EmailError> {
    let mut all: Headers<'a> = vec![
        ("From", Address::new_address(shown(&envelope.from), ascii_address(&envelope.from.address)?).into()),
        ("To", Address::from(ascii_address(envelope.to)?).into()),
    ];
    if !envelope.reply_to.is_empty() {
        let addresses = envelope.reply_to.iter().map(|address| ascii_address(address));
        let addresses: Vec<String> = addresses.collect::<Result<_, _>>()?;
        all.push(("Reply-To", Address::from(addresses).into()));
    }
    all.extend([
        ("Subject", Text::new(subject(&rendered.subject)).into()),
        ("Date", Date::new(envelope.sent_at.0.div_euclid(1_000)).into()),
        ("MIME-Version", Raw::new("1.0").into()),
        // No out-of-office answers (RFC 3834).
        ("Auto-Submitted", Raw::new("auto-generated").into()),
        ("X-Notification-Id", Raw::new(printable(envelope.id)).into()),
    ]);
    if let Some(locale) = envelope.locale {
        all.push(("Content-Language", Raw::new(printable(locale)).into()));
    }
    if let Some(url) = envelope.unsubscribe_url {
        all.push(("List-Unsubscribe", URL::new(printable(url)).into()));
        all.push(("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click").into()));
    }
    Ok(all)
}

/// What looks encoded already would be decoded, to something else: a space at its end has it encoded as a whole.
fn subject(text: &str) -> String {
    let line = one_line(text, usize::MAX);
    if line.contains("=?") { line + " " } else { line }
}

fn shown(from: &Mailbox) -> Option<String> {
    let name = from.name.as_deref().map(|name| one_line(name, MAX_NAME));
    name.filter(|name| !name.is_empty())
}

/// Without what would end the header, or the angle brackets it stands in.
fn printable(text: &str) -> Cow<'_, str> {
    let kept = |c: char| c.is_ascii_graphic() && c != '<' && c != '>';
    if text.chars().all(kept) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| kept(*c)).collect())
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
