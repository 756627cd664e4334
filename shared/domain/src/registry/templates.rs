//! What a type says on each channel, in each language. Shared with the build script, which checks the file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::MAX_TEMPLATE;
use crate::locale::{fallbacks, is_locale};

/// Longest template of an email's HTML or text, in bytes.
const MAX_MAIL: usize = 16_384;
/// Most languages of a type.
const MAX_LOCALES: usize = 20;

/// Minijinja templates over the request: `data`'s keys, `sender`, `folder`, `actor_id`, `account_id`, `org_id`, `tags`,
/// `action_url`. A variable that is not there is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// One line, used where the request has no title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Plain text, used where the request has no body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What push says instead, where the request leaves it to the templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushTemplates>,
    /// What email says; title and body in the tenant's layout where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailTemplates>,
    /// What SMS says; title and body where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
    /// The same in other languages, by BCP 47 tag. What `de-CH` leaves out is taken from `de`, then from the above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locales: BTreeMap<String, LocalTemplates>,
}

/// One language's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalTemplates {
    /// As in [`Templates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// As in [`Templates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// As in [`Templates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushTemplates>,
    /// As in [`Templates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailTemplates>,
    /// As in [`Templates`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
}

/// What push says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushTemplates {
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What email says. These see the notification too: `title`, `body`, `type`, `priority`, `notification_id`, `brand`, ….
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailTemplates {
    /// One line; the title if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One line that mail programs show beside the subject; the beginning of the body if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preheader: Option<String>,
    /// MJML: the sections that go into the layout's body. Values are escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextKind {
    /// Of the inbox.
    Title,
    /// Of the inbox.
    Body,
    /// Of push.
    PushTitle,
    /// Of push.
    PushBody,
    /// Of an email.
    Subject,
    /// Of an email.
    Preheader,
    /// Of an email.
    Html,
    /// Of an email.
    Text,
    /// The whole SMS.
    Sms,
}

impl TextKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Title,
        Self::Body,
        Self::PushTitle,
        Self::PushBody,
        Self::Subject,
        Self::Preheader,
        Self::Html,
        Self::Text,
        Self::Sms,
    ];

    /// Where it is in a type's document.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::PushTitle => "push.title",
            Self::PushBody => "push.body",
            Self::Subject => "email.subject",
            Self::Preheader => "email.preheader",
            Self::Html => "email.html",
            Self::Text => "email.text",
            Self::Sms => "sms",
        }
    }

    const fn longest(self) -> usize {
        match self {
            Self::Html | Self::Text => MAX_MAIL,
            Self::Title
            | Self::Body
            | Self::PushTitle
            | Self::PushBody
            | Self::Subject
            | Self::Preheader
            | Self::Sms => MAX_TEMPLATE,
        }
    }
}

/// One language's texts, whichever.
struct Texts<'a>(
    &'a Option<String>,
    &'a Option<String>,
    &'a Option<PushTemplates>,
    &'a Option<EmailTemplates>,
    &'a Option<String>,
);

impl<'a> Texts<'a> {
    fn get(&self, kind: TextKind) -> Option<&'a str> {
        let Self(title, body, push, email, sms) = self;
        let (push, email) = (push.as_ref(), email.as_ref());
        match kind {
            TextKind::Title => title.as_deref(),
            TextKind::Body => body.as_deref(),
            TextKind::PushTitle => push?.title.as_deref(),
            TextKind::PushBody => push?.body.as_deref(),
            TextKind::Subject => email?.subject.as_deref(),
            TextKind::Preheader => email?.preheader.as_deref(),
            TextKind::Html => email?.html.as_deref(),
            TextKind::Text => email?.text.as_deref(),
            TextKind::Sms => sms.as_deref(),
        }
    }
}

impl LocalTemplates {
    /// This language's own.
    #[must_use]
    pub fn get(&self, kind: TextKind) -> Option<&str> {
        Texts(&self.title, &self.body, &self.push, &self.email, &self.sms).get(kind)
    }
}

impl Templates {
    /// The default language's own.
    #[must_use]
    pub fn own(&self, kind: TextKind) -> Option<&str> {
        Texts(&self.title, &self.body, &self.push, &self.email, &self.sms).get(kind)
    }

    /// The text for a locale, with its fallbacks; and the tag it is written under, None if that is the default.
    #[must_use]
    pub fn get(&self, kind: TextKind, locale: Option<&str>) -> Option<(Option<&str>, &str)> {
        let local = locale.into_iter().flat_map(fallbacks).find_map(|tag| {
            let (tag, texts) = self.locales.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag))?;
            Some((Some(tag.as_str()), texts.get(kind)?))
        });
        local.or_else(|| Some((None, self.own(kind)?)))
    }

    /// The most particular tag of these templates that a locale falls back to; None is the default.
    #[must_use]
    pub fn locale(&self, locale: &str) -> Option<&str> {
        let known = |tag: &str| self.locales.keys().find(|key| key.eq_ignore_ascii_case(tag));
        fallbacks(locale).find_map(known).map(String::as_str)
    }

    /// Every text with its place in the document, such as `templates.locales.de.title`, and the tag it is written under.
    pub fn all(&self) -> impl Iterator<Item = (String, Option<&str>, TextKind, &str)> {
        let own = TextKind::ALL
            .into_iter()
            .filter_map(|kind| Some((format!("templates.{}", kind.path()), None, kind, self.own(kind)?)));
        let local = self.locales.iter().flat_map(|(tag, texts)| {
            TextKind::ALL.into_iter().filter_map(move |kind| {
                let place = format!("templates.locales.{tag}.{}", kind.path());
                Some((place, Some(tag.as_str()), kind, texts.get(kind)?))
            })
        });
        own.chain(local)
    }

    /// What is wrong with them: the field, and what it must be.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        if self.locales.len() > MAX_LOCALES {
            let most = format!("must be at most {MAX_LOCALES}");
            return Err((String::from("templates.locales"), most));
        }
        if let Some(tag) = self.locales.keys().find(|tag| !is_locale(tag)) {
            let tag: String = tag.chars().take(40).collect();
            return Err((format!("templates.locales.{tag}"), String::from("must be a locale such as de-CH")));
        }
        for (place, _, kind, text) in self.all() {
            let longest = kind.longest();
            if text.is_empty() || text.len() > longest {
                return Err((place, format!("must be 1 to {longest} bytes")));
            }
        }
        Ok(())
    }
}
