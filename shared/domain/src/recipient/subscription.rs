//! A channel's filter.

use serde::{Deserialize, Serialize};

use crate::input::{FieldError, InputError, parse_json};
use crate::validate::{https_url, line};
use crate::{Channel, Priority};

/// Most tags to include, and to exclude.
const MAX_TAGS: usize = 32;
/// Where Slack's incoming webhooks are.
const SLACK: &str = "https://hooks.slack.com/";

/// The row `sub#{channel}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// False: nothing goes out on the channel.
    pub enabled: bool,
    /// If any are given, only these go out.
    #[serde(default)]
    pub priorities: Vec<Priority>,
    /// If any are given, one must be among the notification's.
    #[serde(default)]
    pub include_tags: Vec<String>,
    /// None of these may be among the notification's.
    #[serde(default)]
    pub exclude_tags: Vec<String>,
    /// Where a webhook or Slack message goes.
    #[serde(default)]
    pub url: Option<String>,
}

/// The body as it arrives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutSubscription {
    enabled: Option<bool>,
    priorities: Option<Vec<Priority>>,
    include_tags: Option<Vec<String>>,
    exclude_tags: Option<Vec<String>>,
    url: Option<String>,
}

/// Whether a channel goes to a URL that the user gives.
fn takes_url(channel: Channel) -> bool {
    matches!(channel, Channel::Webhook | Channel::Slack)
}

impl Subscription {
    /// What holds where there is none: everything goes out, except to where no URL was given.
    #[must_use]
    pub fn unset(channel: Channel) -> Self {
        Self {
            enabled: !takes_url(channel),
            priorities: Vec::new(),
            include_tags: Vec::new(),
            exclude_tags: Vec::new(),
            url: None,
        }
    }

    /// Reads the body of a PUT, which replaces the subscription.
    pub fn accept(channel: Channel, body: &[u8]) -> Result<Self, InputError> {
        let put: PutSubscription = parse_json(body)?;
        let enabled = put.enabled.unwrap_or(true);
        if takes_url(channel) {
            if enabled && put.url.is_none() {
                return Err(FieldError::new("url", "is required to enable the channel").into());
            }
            put.url.as_deref().map_or(Ok(()), |url| check_url(channel, url))?;
        } else if put.url.is_some() {
            return Err(FieldError::new("url", format!("is not taken by {channel}")).into());
        }
        let mut priorities = put.priorities.unwrap_or_default();
        priorities.sort_unstable();
        priorities.dedup();
        Ok(Self {
            enabled,
            priorities,
            include_tags: tags("include_tags", put.include_tags)?,
            exclude_tags: tags("exclude_tags", put.exclude_tags)?,
            url: put.url,
        })
    }
}

fn check_url(channel: Channel, url: &str) -> Result<(), FieldError> {
    https_url(url).map_err(|detail| FieldError::new("url", detail))?;
    let path = url.strip_prefix(SLACK);
    if channel == Channel::Slack && path.is_none_or(str::is_empty) {
        return Err(FieldError::new("url", format!("must be an incoming webhook of Slack: {SLACK}…")));
    }
    Ok(())
}

/// Each once, in the order given.
fn tags(field: &str, given: Option<Vec<String>>) -> Result<Vec<String>, FieldError> {
    let mut kept = Vec::new();
    for (index, tag) in given.unwrap_or_default().into_iter().enumerate() {
        line(&tag, 128).map_err(|detail| FieldError::new(format!("{field}[{index}]"), detail))?;
        if !kept.contains(&tag) {
            kept.push(tag);
        }
        if kept.len() > MAX_TAGS {
            return Err(FieldError::new(field, format!("must be at most {MAX_TAGS}")));
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn accept(channel: Channel, body: &Value) -> Result<Subscription, InputError> {
        Subscription::accept(channel, body.to_string().as_bytes())
    }

    #[test]
    fn a_subscription_is_read_with_its_synonyms() {
        let table = [
            (Channel::Push, json!({}), Subscription::unset(Channel::Push)),
            (Channel::Webhook, json!({"enabled": false}), Subscription::unset(Channel::Webhook)),
            (
                Channel::Email,
                json!({
                    "priorities": ["urgent", "high", "alert"], "include_tags": ["a", "b", "a"], "exclude_tags": null,
                }),
                Subscription {
                    priorities: vec![Priority::High, Priority::Critical],
                    include_tags: vec!["a".into(), "b".into()],
                    ..Subscription::unset(Channel::Email)
                },
            ),
            (
                Channel::Slack,
                json!({"url": "https://hooks.slack.com/services/T0/B0/x"}),
                Subscription {
                    enabled: true,
                    url: Some("https://hooks.slack.com/services/T0/B0/x".into()),
                    ..Subscription::unset(Channel::Slack)
                },
            ),
        ];
        for (channel, body, expected) in table {
            assert_eq!(accept(channel, &body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn every_refusal_names_its_field() {
        let url = |url: &str| json!({"url": url});
        let many: Value = (0..33).map(|n| json!(n.to_string())).collect();
        let table = [
            (Channel::Webhook, json!({}), "url"),
            (Channel::Slack, json!({"enabled": true}), "url"),
            (Channel::Webhook, json!({"enabled": true, "url": null}), "url"),
            (Channel::Webhook, url("http://example.com/hook"), "url"),
            (Channel::Webhook, url("https://user:secret@example.com/hook"), "url"),
            (Channel::Webhook, url(&format!("https://example.com/{}", "x".repeat(2_048))), "url"),
            (Channel::Webhook, json!({"enabled": false, "url": "ftp://example.com"}), "url"),
            (Channel::Slack, url("https://example.com/services/x"), "url"),
            (Channel::Slack, url("https://hooks.slack.com.evil.com/services/x"), "url"),
            (Channel::Slack, url("https://hooks.slack.com/"), "url"),
            (Channel::Email, url("https://example.com/hook"), "url"),
            (Channel::Push, json!({"enabled": "yes"}), "enabled"),
            (Channel::Push, json!({"priorities": ["high", "loud"]}), "priorities[1]"),
            (Channel::Push, json!({"priorities": "high"}), "priorities"),
            (Channel::Push, json!({"include_tags": many}), "include_tags"),
            (Channel::Push, json!({"exclude_tags": ["ok", "x".repeat(129)]}), "exclude_tags[1]"),
            (Channel::Push, json!({"exclude_tags": [""]}), "exclude_tags[0]"),
            (Channel::Push, json!({"tags": []}), "tags"),
        ];
        for (channel, body, field) in table {
            let Err(InputError::Invalid(error)) = accept(channel, &body) else { panic!("accepted: {body}") };
            assert_eq!(error.field, field, "{channel} {body}");
        }
    }
}
