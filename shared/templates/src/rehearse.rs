//! What the senders will render later, tried at once.

use carillon_domain::{Channel, Content, FieldError, NotificationType, TextKind, Wordings, wording};
use serde_json::Value;

use crate::environment::{DEFAULT_LANGUAGE, environment};
use crate::fill::said;
use crate::variables::{About, layout, variables};

/// Renders what the senders will, in every language: what one of them would miss is found while the producer is there to
/// be told.
pub fn rehearse(
    entry: &NotificationType,
    content: &Content,
    wordings: &Wordings,
    channels: &[Channel],
    about: &About<'_>,
) -> Result<(), FieldError> {
    let mut latest: Option<(Option<&str>, Value)> = None;
    for (_, tag, kind, text) in entry.templates.all() {
        if !channel(kind).is_some_and(|channel| channels.contains(&channel)) {
            continue;
        }
        // One language's texts come after each other: what they see is made once.
        let (_, seen) = match latest.as_mut().filter(|(of, _)| *of == tag) {
            Some(latest) => latest,
            None => {
                let worded = content.worded(wording(wordings, tag));
                latest.insert((tag, variables(&worded, &About { locale: tag, ..*about })))
            }
        };
        let html = kind == TextKind::Html;
        let before = if html { swap(seen, Some(layout())) } else { None };
        let environment = environment(tag.unwrap_or(DEFAULT_LANGUAGE), html);
        said(&environment, entry, kind, text, seen).map_err(|error| match error.field.as_str() {
            // Senders do not know the organisation.
            "org_id" => FieldError { field: String::from("data.org_id"), ..error },
            _ => error,
        })?;
        if html {
            swap(seen, before);
        }
    }
    Ok(())
}

/// Puts `layout` there, which only HTML sees, or what was there before; answers what was.
fn swap(seen: &mut Value, layout: Option<Value>) -> Option<Value> {
    let all = seen.as_object_mut()?;
    match layout {
        Some(layout) => all.insert(String::from("layout"), layout),
        None => all.remove("layout"),
    }
}

/// The channel whose sender renders it; title, body and push are rendered before.
fn channel(kind: TextKind) -> Option<Channel> {
    match kind {
        TextKind::Title | TextKind::Body | TextKind::PushTitle | TextKind::PushBody => None,
        TextKind::Subject | TextKind::Preheader | TextKind::Html | TextKind::Text => Some(Channel::Email),
        TextKind::Sms => Some(Channel::Sms),
    }
}

#[cfg(test)]
#[path = "rehearse_tests.rs"]
mod tests;
