//! Rules 3 to 7: what the recipient wants. Their documents come in layers, the account's before the user's; across
//! flags, any opt-out wins.

use super::Question;
use crate::{
    AppSettings, Channel, NotificationType, PROMOTIONS, Preferences, Reason, Recipient, TypePreference,
};

/// The topic that needs consent.
const MARKETING: &str = "marketing";

impl Question<'_> {
    /// The recipient's documents in pairs. There may be more of one kind than of the other.
    pub(super) fn layers(&self) -> impl Iterator<Item = (Option<&AppSettings>, Option<&Preferences>)> {
        layers(self.recipient)
    }

    fn type_preferences<'a>(
        &'a self,
        entry: &'a NotificationType,
    ) -> impl Iterator<Item = &'a TypePreference> {
        self.recipient.preferences.iter().filter_map(|preferences| preferences.types.get(&entry.key))
    }

    /// Rule 3: why nothing of it is stored.
    pub(super) fn unwanted(&self, entry: &NotificationType) -> Option<Reason> {
        let mut enabled = self.type_preferences(entry).filter_map(|it| it.enabled);
        let opted_in = enabled.next().is_some_and(|first| first && enabled.all(|other| other));
        if self.type_preferences(entry).any(|it| it.enabled == Some(false)) {
            return Some(Reason::TypeOptedOut);
        }
        if !entry.default_enabled && !opted_in {
            return Some(Reason::NotOptedIn);
        }
        if let Some(sender) = &self.content.sender {
            let is = |silenced: &String| *silenced == sender.name || Some(silenced) == sender.email.as_ref();
            if self.recipient.preferences.iter().any(|it| it.silenced_senders.iter().any(is)) {
                return Some(Reason::SenderSilenced);
            }
        }
        let folder = self.content.folder.as_ref()?;
        let silenced = self.recipient.preferences.iter().any(|it| it.silenced_folders.contains(folder));
        silenced.then_some(Reason::FolderSilenced)
    }

    /// Rule 4. SMS is off until it is switched on; the others are on until they are switched off.
    pub(super) fn switched_on(&self, channel: Channel) -> bool {
        switched_on(self.recipient, channel)
    }

    /// Rule 5.
    pub(super) fn consents(&self, entry: &NotificationType, channel: Channel) -> bool {
        consents(self.recipient, entry.opt_in_key.as_deref().unwrap_or(PROMOTIONS), channel)
    }

    /// Rule 6.
    pub(super) fn switched_off_for_type(&self, entry: &NotificationType, channel: Channel) -> bool {
        self.type_preferences(entry).any(|it| it.switch(channel) == Some(false))
    }

    /// Rule 7: the first that applies, in this order.
    pub(super) fn filtered(&self, channel: Channel) -> Option<Reason> {
        let filter = self.recipient.subscriptions.get(&channel)?;
        let has = |tag: &String| self.content.tags.contains(tag);
        if !filter.enabled {
            Some(Reason::SubscriptionDisabled)
        } else if !filter.priorities.is_empty() && !filter.priorities.contains(&self.content.priority) {
            Some(Reason::PriorityFiltered)
        } else if !filter.include_tags.is_empty() && !filter.include_tags.iter().any(has) {
            Some(Reason::TagsNotIncluded)
        } else if filter.exclude_tags.iter().any(has) {
            Some(Reason::TagExcluded)
        } else {
            None
        }
    }
}

/// A recipient's documents in pairs. There may be more of one kind than of the other.
fn layers(recipient: &Recipient) -> impl Iterator<Item = (Option<&AppSettings>, Option<&Preferences>)> {
    let (settings, preferences) = (&recipient.settings, &recipient.preferences);
    (0..settings.len().max(preferences.len())).map(|layer| (settings.get(layer), preferences.get(layer)))
}

fn switched_on(recipient: &Recipient, channel: Channel) -> bool {
    let of = |settings: &AppSettings| match channel {
        Channel::Push => settings.push,
        Channel::Email => settings.email,
        Channel::Sms => settings.sms,
        Channel::InApp | Channel::Webhook | Channel::Slack => None,
    };
    let mut switches = layers(recipient).flat_map(|(settings, preferences)| {
        [settings.and_then(of), preferences.and_then(|it| it.channels.get(&channel).copied())]
    });
    switches.try_fold(channel != Channel::Sms, |on, switch| match switch {
        Some(false) => None,
        Some(true) => Some(true),
        None => Some(on),
    }) == Some(true)
}

/// Whether a recipient consents to marketing of this key on a channel: until they say no, anywhere.
#[must_use]
pub fn consents(recipient: &Recipient, key: &str, channel: Channel) -> bool {
    layers(recipient).all(|(settings, preferences)| {
        let settings_say = settings.and_then(|it| it.opt_in.get(key));
        let preferences_say = preferences.and_then(|it| it.opt_in.get(key));
        let of_channel = settings.filter(|_| key == PROMOTIONS).and_then(|it| match channel {
            Channel::Push => it.promotional_push,
            Channel::Email => it.promotional_emails,
            Channel::InApp | Channel::Sms | Channel::Webhook | Channel::Slack => None,
        });
        settings_say != Some(&false) && preferences_say != Some(&false) && of_channel != Some(false)
    })
}

/// Whether a recipient's devices may be in a topic: what is sent to topics passes the rules above, so who wants no push is in
/// none, and who wants no marketing is not in `marketing`.
#[must_use]
pub fn may_subscribe(recipient: &Recipient, topic: &str) -> bool {
    let filtered = recipient.subscriptions.get(&Channel::Push).is_some_and(|filter| !filter.enabled);
    let consents = topic != MARKETING || consents(recipient, PROMOTIONS, Channel::Push);
    !filtered && consents && switched_on(recipient, Channel::Push)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(settings: &str, preferences: &serde_json::Value) -> Recipient {
        let preferences = serde_json::from_value(preferences.clone()).unwrap();
        Recipient {
            settings: vec![AppSettings::read(settings)],
            preferences: vec![preferences],
            ..Recipient::default()
        }
    }

    #[test]
    fn topics_follow_consent() {
        let none = serde_json::json!({});
        // Settings, preferences; whether news, whether marketing.
        let table = [
            ("{}", none.clone(), true, true),
            (r#"{"push": false}"#, none.clone(), false, false),
            (r#"{"promotional_push": false}"#, none.clone(), true, false),
            (r#"{"promotional_emails": false}"#, none, true, true),
            ("{}", serde_json::json!({"channels": {"push": false}}), false, false),
            ("{}", serde_json::json!({"opt_in": {"promotions": false}}), true, false),
            (r#"{"push": true}"#, serde_json::json!({"channels": {"push": false}}), false, false),
        ];
        for (settings, preferences, news, marketing) in table {
            let recipient = recipient(settings, &preferences);
            let may = (may_subscribe(&recipient, "news"), may_subscribe(&recipient, MARKETING));
            assert_eq!(may, (news, marketing), "{settings} {preferences}");
        }
        assert!(may_subscribe(&Recipient::default(), MARKETING));
        let filter = serde_json::from_value(serde_json::json!({"enabled": false})).unwrap();
        let subscriptions = [(Channel::Push, filter)].into();
        assert!(!may_subscribe(&Recipient { subscriptions, ..Recipient::default() }, "news"));
    }
}
