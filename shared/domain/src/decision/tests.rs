//! Every rule by itself, their order, and what must hold whatever the case.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::{
    AppSettings, Device, FrequencyCap, Limits, Preferences, Profile, Registry, Subscription, Throttle,
    ThrottleMode,
};
use Channel::{Email, InApp, Push, Slack, Sms, Webhook};

/// Saturday, 21 November 2026, noon in UTC.
pub(super) const NOON: Millis = Millis(1_795_262_400_000);

pub(super) struct Case {
    entry: Option<NotificationType>,
    content: Content,
    target: Target,
    requested: Option<Vec<Channel>>,
    unmet: Vec<Channel>,
    pub(super) recipient: Recipient,
    tenant: TenantSettings,
    round: Round,
    now: Millis,
    ulid: Ulid,
}

pub(super) fn device() -> Device {
    let device = json!({"token": "t", "platform": "ios", "created_at": 0, "last_used_at": 0});
    serde_json::from_value(device).unwrap()
}

fn subscription(value: serde_json::Value) -> Subscription {
    serde_json::from_value(value).unwrap()
}

impl Case {
    /// A post of a shipped type to somebody who can be reached on every channel and has switched SMS on.
    pub(super) fn of(key: &str) -> Self {
        let entry = Registry::shipped().unwrap().get(key).unwrap().clone();
        let content = json!({
            "type": key, "category": entry.category, "priority": entry.priority, "title": "T", "tags": ["a", "b"],
            "sender": {"name": "Bob", "email": "bob@example.com"}, "folder": "Inbox",
            "expires_at": NOON.plus_seconds(i64::from(entry.ttl_seconds)),
        });
        let profile = json!({"email": "ann@example.com", "phone": "+4930123456"});
        let url = |url: &str| subscription(json!({"enabled": true, "url": url}));
        let recipient = Recipient {
            profile: Some(serde_json::from_value(profile).unwrap()),
            devices: vec![device()],
            subscriptions: BTreeMap::from([
                (Webhook, url("https://example.com/hook")),
                (Slack, url("https://hooks.slack.com/x")),
            ]),
            settings: vec![AppSettings { sms: Some(true), ..AppSettings::default() }],
            ..Recipient::default()
        };
        Self {
            entry: Some(entry),
            content: serde_json::from_value(content).unwrap(),
            target: serde_json::from_value(json!({"user": "ann"})).unwrap(),
            requested: None,
            unmet: Vec::new(),
            recipient,
            tenant: TenantSettings::default(),
            round: Round::First,
            now: NOON,
            ulid: crate::mint(NOON),
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn preferring(self, preferences: serde_json::Value) -> Self {
        let preferences: Preferences = serde_json::from_value(preferences).unwrap();
        self.with(|case| case.recipient.preferences.push(preferences))
    }

    pub(super) fn decide(&self) -> Verdict {
        decide(&Question {
            entry: self.entry.as_ref(),
            channels: &[InApp, Push],
            ulid: self.ulid,
            content: &self.content,
            target: &self.target,
            requested: self.requested.as_deref(),
            unmet: &self.unmet,
            recipient: &self.recipient,
            tenant: &self.tenant,
            round: self.round,
            now: self.now,
        })
    }

    fn on(&self, channel: Channel) -> Decision {
        self.decide().channels[&channel]
    }

    /// What goes out, by first letters.
    pub(super) fn out(&self) -> String {
        let sent = self.decide().channels;
        let letters = [(InApp, 'I'), (Push, 'P'), (Email, 'E'), (Sms, 'S'), (Webhook, 'W'), (Slack, 'K')];
        letters
            .iter()
            .filter(|(channel, _)| sent.get(channel) == Some(&Decision::Send))
            .map(|pair| pair.1)
            .collect()
    }
}

fn skipped(reason: Reason) -> Decision {
    Decision::Skip(reason)
}

#[test]
fn without_objections_everything_goes_out() {
    for (key, out) in [
        ("security_alert", "IPES"),
        ("promotion_generic", "IPE"),
        ("execution_failed", "IWK"),
        ("profile_updated", "I"),
    ] {
        let verdict = Case::of(key).decide();
        assert_eq!(Case::of(key).out(), out, "{key}: {verdict:?}");
        assert!(verdict.post && verdict.stored());
    }
}

#[test]
fn rule_1_disabled_unknown_expired() {
    let disabled = Case::of("security_alert").with(|case| case.entry.as_mut().unwrap().enabled = false);
    let unknown = Case::of("security_alert").with(|case| case.entry = None);
    for (case, channels) in [(disabled, 4), (unknown, 2)] {
        let verdict = case.decide();
        assert_eq!(verdict.channels.len(), channels);
        assert!(verdict.channels.values().all(|decision| *decision == skipped(Reason::TypeDisabled)));
        assert!(!verdict.stored() && verdict.count.is_none());
    }
    let expired = Case::of("security_alert").with(|case| case.content.expires_at = NOON);
    assert_eq!((expired.out().as_str(), expired.on(Push)), ("I", skipped(Reason::Expired)));
}

#[test]
fn rule_2_a_request_narrows_and_never_widens_or_removes_in_app() {
    let narrowed = Case::of("booking_confirmed").with(|case| case.requested = Some(vec![Email, Sms]));
    assert_eq!((narrowed.out().as_str(), narrowed.on(Push)), ("IE", skipped(Reason::NotRequested)));
    let unmet = Case::of("quota_warning").with(|case| case.unmet = vec![Push]);
    assert_eq!((unmet.out().as_str(), unmet.on(Push)), ("IE", skipped(Reason::ConditionNotMet)));
}

#[test]
fn rule_3_what_is_unwanted_is_not_stored() {
    let table = [
        (json!({"types": {"new_message": {"enabled": false}}}), Reason::TypeOptedOut),
        (json!({"silenced_senders": ["bob@example.com"]}), Reason::SenderSilenced),
        (json!({"silenced_senders": ["Bob"]}), Reason::SenderSilenced),
        (json!({"silenced_folders": ["Inbox"]}), Reason::FolderSilenced),
    ];
    for (preferences, reason) in table {
        let verdict = Case::of("new_message").preferring(preferences).decide();
        assert!(verdict.channels.values().all(|decision| *decision == skipped(reason)), "{verdict:?}");
        assert!(!verdict.stored() && !verdict.post);
    }
    for near_miss in [json!({"silenced_senders": ["bob"]}), json!({"silenced_folders": ["inbox", "Inbox/2"]})]
    {
        assert_eq!(Case::of("new_message").preferring(near_miss).out(), "IPE");
    }
    let unasked = Case::of("sync_complete");
    assert_eq!(unasked.on(InApp), skipped(Reason::NotOptedIn));
    let asked = json!({"types": {"sync_complete": {"enabled": true}}});
    assert_eq!(Case::of("sync_complete").preferring(asked.clone()).out(), "IPE");
    let elsewhere_not = json!({"types": {"sync_complete": {"enabled": false}}});
    let both = Case::of("sync_complete").preferring(asked).preferring(elsewhere_not);
    assert_eq!(both.on(InApp), skipped(Reason::TypeOptedOut), "any opt-out wins");
}

#[test]
fn rule_4_switches_of_a_channel() {
    let off = Case::of("security_alert").preferring(json!({"channels": {"email": false}}));
    assert_eq!((off.out().as_str(), off.on(Email)), ("IPS", skipped(Reason::ChannelDisabled)));
    let sms_unset = Case::of("security_alert").with(|case| case.recipient.settings.clear());
    assert_eq!(sms_unset.out(), "IPE", "SMS is off until switched on");
    assert_eq!(sms_unset.preferring(json!({"channels": {"sms": true}})).out(), "IPES");
    let torn = Case::of("security_alert").preferring(json!({"channels": {"sms": false}}));
    assert_eq!(torn.out(), "IPE", "an opt-out wins over the other document's opt-in");
}

#[test]
fn rule_5_marketing_needs_consent() {
    let refused = Case::of("promotion_generic").preferring(json!({"opt_in": {"promotions": false}}));
    assert_eq!((refused.out().as_str(), refused.on(Push)), ("I", skipped(Reason::NoConsent)));
    let other_key = Case::of("daily_digest").preferring(json!({"opt_in": {"promotions": false}}));
    assert_eq!(other_key.out(), "IE");
    let no_marketing = Case::of("booking_confirmed").preferring(json!({"opt_in": {"promotions": false}}));
    assert_eq!(no_marketing.out(), "IPE");
}

/// The examples of the product's own description, channel for channel, of a type with all four.
#[test]
fn settings_documents_are_read_by_their_rules() {
    let table = [
        (None, "{}", "IPE"),
        (None, r#"{"push":false}"#, "IE"),
        (None, r#"{"push_notifications":true,"push":false}"#, "IPE"),
        (None, r#"{"sms":true}"#, "IPE"),
        (None, r#"{"sms_notifications":true}"#, "IPES"),
        (Some("promotions"), r#"{"promotional_emails":false}"#, "IP"),
        (Some("promotions"), r#"{"promotional_push":false}"#, "IE"),
        (Some("promotions"), r#"{"categories":{"promotions":false}}"#, "I"),
        (
            Some("promotions"),
            r#"{"promotional_emails":false,"promotional_push":true,"categories":{"promotions":false}}"#,
            "I",
        ),
        (Some("digest"), r#"{"categories":{"promotions":false}}"#, "IPE"),
        (Some("digest"), r#"{"promotional_emails":false}"#, "IPE"),
        (Some("digest"), r#"{"digest":false,"categories":{"digest":true}}"#, "I"),
        (None, r#"{"push_notifications":null}"#, "IPE"),
        // The other app's shape.
        (None, r#"{"push":true,"email":false,"frequency":"daily","categories":{"bookings":true}}"#, "IP"),
        (None, r#"{"quietHours":{"start":"11:00","end":"13:00"}}"#, "I"),
    ];
    for (marketing, document, out) in table {
        let case = Case::of("booking_confirmed").with(|case| {
            case.recipient.settings = vec![AppSettings::read(document)];
            let entry = case.entry.as_mut().unwrap();
            entry.channels = vec![InApp, Push, Email, Sms];
            if let Some(key) = marketing {
                entry.category = Category::Marketing;
                entry.opt_in_key = Some(key.to_owned());
            }
        });
        assert_eq!(case.out(), out, "{marketing:?} {document}");
    }
}

#[test]
fn rule_6_switches_of_a_channel_for_a_type() {
    let case = Case::of("booking_confirmed")
        .preferring(json!({"types": {"booking_confirmed": {"push_enabled": false}}}));
    assert_eq!((case.out().as_str(), case.on(Push)), ("IE", skipped(Reason::ChannelDisabledForType)));
    let muted = Case::of("booking_confirmed")
        .preferring(json!({"types": {"booking_confirmed": {"in_app_enabled": false}}}));
    let verdict = muted.decide();
    assert!(
        verdict.stored() && !verdict.post && !verdict.push_when_offline,
        "stored, told to nobody: push need not wait"
    );
    assert_eq!(verdict.deliveries(NOON)[&InApp].reason, Some(Reason::ChannelDisabledForType));
}

#[test]
fn rule_7_filters_apply_in_their_order() {
    let table = [
        (json!({"enabled": false, "priorities": ["low"]}), Some(Reason::SubscriptionDisabled)),
        (
            json!({"enabled": true, "priorities": ["low"], "include_tags": ["z"]}),
            Some(Reason::PriorityFiltered),
        ),
        (
            json!({"enabled": true, "priorities": ["low", "high"], "include_tags": ["z"], "exclude_tags": ["a"]}),
            Some(Reason::TagsNotIncluded),
        ),
        (
            json!({"enabled": true, "include_tags": ["z", "b"], "exclude_tags": ["a"]}),
            Some(Reason::TagExcluded),
        ),
        (json!({"enabled": true, "include_tags": ["z", "b"], "exclude_tags": ["c"]}), None),
    ];
    for (filter, reason) in table {
        let case = Case::of("booking_confirmed").with(|case| {
            case.recipient.subscriptions.insert(Push, subscription(filter.clone()));
        });
        assert_eq!(case.on(Push), reason.map_or(Decision::Send, Decision::Skip), "{filter}");
        assert_eq!(case.on(InApp), Decision::Send);
    }
}

#[test]
fn rule_8_addresses() {
    let bare = Case::of("security_alert").with(|case| {
        case.recipient.profile = None;
        case.recipient.devices.clear();
    });
    assert_eq!((bare.out().as_str(), bare.on(Push)), ("I", skipped(Reason::NoAddress)));
    let inline = bare.with(|case| {
        case.target.email = Some(String::from("inline@example.com"));
        case.target.phone = Some(String::from("+4930999999"));
    });
    assert_eq!(inline.out(), "IES");
    let unverified = |case: &mut Case| case.recipient.profile.as_mut().unwrap().email_verified = Some(false);
    assert_eq!(Case::of("security_alert").with(unverified).out(), "IPS");
    let no_url =
        Case::of("execution_failed").with(|case| drop(case.recipient.subscriptions.remove(&Webhook)));
    assert_eq!(no_url.out(), "IK");
}

/// Counts a case `times` times at its instant.
fn counted(mut case: Case, times: usize) -> Case {
    for _ in 0..times {
        case.ulid = crate::mint(case.now);
        let counted = case.decide().count.expect("it counts");
        case.recipient.limits = case.recipient.limits.with(counted, case.tenant.throttle);
    }
    case.ulid = crate::mint(case.now);
    case
}

#[test]
fn rule_9_caps_by_local_day_and_week() {
    let capped = counted(Case::of("promotion_generic"), 2);
    assert_eq!((capped.out().as_str(), capped.on(Push)), ("I", skipped(Reason::FrequencyCap)));
    assert!(capped.decide().count.is_none(), "what is refused does not count");
    // Noon in UTC is the 22nd already in Kiritimati (+14) from 10:00 on; in Los Angeles the day ends 20 hours later.
    for (name, hours, out) in [
        ("UTC", 11, "I"),
        ("UTC", 12, "IPE"),
        ("America/Los_Angeles", 19, "I"),
        ("America/Los_Angeles", 20, "IPE"),
    ] {
        let zoned =
            |case: &mut Case| case.recipient.profile.as_mut().unwrap().timezone = Some(name.to_owned());
        let case = counted(Case::of("promotion_generic").with(zoned), 2);
        let later = case.with(|case| case.now = NOON.plus_seconds(hours * 3_600));
        assert_eq!(later.out(), out, "{name} after {hours} h");
    }
    let weekly = |case: &mut Case| {
        case.entry.as_mut().unwrap().frequency_cap = Some(FrequencyCap { per_day: None, per_week: Some(2) })
    };
    let case = counted(Case::of("promotion_generic").with(weekly), 2);
    assert_eq!(case.out(), "I");
    let monday = case.with(|case| case.now = Millis::parse("2026-11-23T00:00:00Z").unwrap());
    assert_eq!(monday.out(), "IPE", "a new ISO week");
    let by_category = |case: &mut Case| {
        let cap = FrequencyCap { per_day: Some(1), per_week: None };
        case.tenant.category_caps.insert(Category::Marketing, cap);
    };
    let across = counted(Case::of("promotion_generic").with(by_category), 1);
    let other = Case::of("onboarding_nudge")
        .with(by_category)
        .with(|case| case.recipient.limits = across.recipient.limits);
    assert_eq!(other.on(Push), skipped(Reason::FrequencyCap), "across all types of the category");
}

#[test]
fn rule_10_the_throttle_is_a_sliding_window() {
    let full = counted(Case::of("app_update"), 5);
    assert_eq!((full.out().as_str(), full.on(Push)), ("I", skipped(Reason::Throttled)));
    let a_moment_before = full.with(|case| case.now = NOON.plus_millis(3_599_999));
    assert_eq!(a_moment_before.out(), "I");
    let on_time = a_moment_before.with(|case| case.now = NOON.plus_millis(3_600_000));
    assert_eq!(on_time.out(), "IP");
    let limits = on_time.recipient.limits.clone();
    for exempt in ["booking_confirmed", "security_alert"] {
        assert_eq!(Case::of(exempt).with(|case| case.recipient.limits = limits.clone()).decide().count, None);
    }
    let urgent = Case::of("app_update").with(|case| {
        case.recipient.limits = limits.clone();
        case.content.priority = Priority::Critical;
        case.recipient.limits.counted.iter_mut().for_each(|one| one.priority = Priority::Critical);
    });
    assert_eq!((urgent.out().as_str(), urgent.decide().count), ("IP", None), "critical passes, uncounted");
    let other_priority = Case::of("app_update").with(|case| {
        case.recipient.limits = limits;
        case.content.priority = Priority::Low;
    });
    assert_eq!(other_priority.out(), "IP");
}

#[test]
fn a_throttle_that_rejects_stores_nothing() {
    let reject = |case: &mut Case| {
        case.tenant.throttle = Throttle { limit: 2, window_seconds: 60, mode: ThrottleMode::Reject }
    };
    let full = counted(
        Case::of("system_maintenance")
            .with(reject)
            .preferring(json!({"types": {"system_maintenance": {"enabled": true}}})),
        2,
    );
    let verdict = full.decide();
    assert!(!verdict.stored(), "{verdict:?}");
    assert_eq!(verdict.channels[&InApp], skipped(Reason::Throttled));
}

#[test]
fn what_was_counted_passes_and_is_not_counted_again() {
    let mut case = counted(Case::of("promotion_generic"), 2);
    case.ulid = case.recipient.limits.counted[1].ulid;
    assert_eq!((case.out().as_str(), case.decide().count), ("IPE", None));
    case.ulid = crate::mint(NOON);
    case.round = Round::Again;
    assert_eq!((case.out().as_str(), case.decide().count), ("IPE", None));
}

#[test]
fn rule_11_quiet_hours_hold_what_interrupts() {
    let quiet =
        json!({"timezone": "Asia/Tokyo", "quiet_hours": {"enabled": true, "start": "20:00", "end": "07:00"}});
    let until = Millis::parse("2026-11-21T22:00:00Z").unwrap();
    let held = Case::of("booking_confirmed").preferring(quiet.clone());
    let verdict = held.decide();
    assert_eq!(
        (held.out().as_str(), held.on(Push), verdict.until()),
        ("I", Decision::Defer(until), Some(until))
    );
    assert_eq!(verdict.deliveries(NOON)[&Push].until, Some(until));
    assert_eq!(Case::of("security_alert").preferring(quiet.clone()).out(), "IPES", "critical is never held");
    let bypass = |case: &mut Case| case.entry.as_mut().unwrap().bypass_quiet_hours = true;
    assert_eq!(Case::of("booking_confirmed").preferring(quiet.clone()).with(bypass).out(), "IPE");
    let short = |case: &mut Case| case.content.expires_at = until;
    assert_eq!(
        Case::of("booking_confirmed").preferring(quiet.clone()).with(short).on(Push),
        skipped(Reason::Expired)
    );
    let drops = |case: &mut Case| case.tenant.quiet_hours = QuietAction::Drop;
    assert_eq!(
        Case::of("booking_confirmed").preferring(quiet.clone()).with(drops).on(Push),
        skipped(Reason::QuietHours)
    );
    let own = |case: &mut Case| {
        case.entry.as_mut().unwrap().quiet_hours =
            serde_json::from_value(json!({"start": "01:00", "end": "02:00"})).unwrap()
    };
    assert_eq!(
        Case::of("booking_confirmed").preferring(quiet.clone()).with(own).out(),
        "IPE",
        "the type's window goes before"
    );
    let off = json!({"quiet_hours": {"enabled": false, "start": "00:00", "end": "00:00"}});
    assert_eq!(
        Case::of("booking_confirmed").preferring(off).preferring(quiet.clone()).out(),
        "IPE",
        "the first document decides"
    );
    let counted = Case::of("promotion_generic").preferring(quiet).decide().count.unwrap();
    assert_eq!(counted.day, "2026-11-21", "counted when it is held, on that local day");
}

#[test]
fn rule_12_is_left_to_who_posts() {
    assert!(Case::of("booking_confirmed").decide().push_when_offline);
    assert!(!Case::of("payment_received").decide().push_when_offline);
    assert!(!Case::of("booking_confirmed").with(|case| case.round = Round::Again).decide().push_when_offline);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn types() -> impl Strategy<Value = String> {
        let keys: Vec<String> = Registry::shipped().unwrap().types().map(|entry| entry.key.clone()).collect();
        proptest::sample::select(keys)
    }

    /// Flags that a document may set, each an opt-out where it is false.
    fn opt_outs(key: &str) -> Vec<serde_json::Value> {
        let channels = ["push", "email", "sms", "webhook", "slack"];
        let mut all: Vec<_> = channels.iter().map(|channel| json!({"channels": {*channel: false}})).collect();
        all.extend(
            channels.iter().map(|channel| json!({"types": {key: {format!("{channel}_enabled"): false}}})),
        );
        all.push(json!({"types": {key: {"enabled": false}}}));
        all.push(json!({"types": {key: {"in_app_enabled": false}}}));
        all.extend(
            ["promotions", "onboarding", "digest", "property_updates"]
                .map(|key| json!({"opt_in": {key: false}})),
        );
        all.push(json!({"silenced_senders": ["Bob"]}));
        all.push(json!({"silenced_folders": ["Inbox"]}));
        all
    }

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let flag = || prop::option::of(any::<bool>());
        (flag(), flag(), flag(), flag(), any::<bool>(), 0..24_u8, 0..24_u8).prop_map(|(push, email, sms, consent, quiet, start, end)| {
            let flags = [("push", push), ("email", email), ("sms", sms)];
            let channels: serde_json::Map<_, _> =
                flags.iter().filter_map(|(name, flag)| flag.map(|flag| ((*name).to_owned(), json!(flag)))).collect();
            let opt_in: serde_json::Map<_, _> = consent.map(|flag| (String::from("promotions"), json!(flag))).into_iter().collect();
            json!({
                "channels": channels, "opt_in": opt_in,
                "quiet_hours": {"enabled": quiet, "start": format!("{start:02}:00"), "end": format!("{end:02}:00")},
            })
        })
    }

    fn leaves(case: &Case) -> BTreeSet<Channel> {
        let out = |decision: &Decision| !matches!(decision, Decision::Skip(_));
        case.decide()
            .channels
            .into_iter()
            .filter(|(_, decision)| out(decision))
            .map(|(channel, _)| channel)
            .collect()
    }

    proptest! {
        #[test]
        fn an_opt_out_never_adds_a_channel(key in types(), base in document(), which in any::<prop::sample::Index>(), now in 0..172_800_i64) {
            let at = |case: &mut Case| case.now = NOON.plus_seconds(now);
            let before = leaves(&Case::of(&key).preferring(base.clone()).with(at));
            let outs = opt_outs(&key);
            let after = leaves(&Case::of(&key).preferring(base).preferring(which.get(&outs).clone()).with(at));
            prop_assert!(after.is_subset(&before), "{before:?} -> {after:?}");
        }

        #[test]
        fn in_app_goes_only_by_rule_3(key in types(), base in document(), out in any::<prop::sample::Index>()) {
            let outs = opt_outs(&key);
            // Everything is counted out: caps and a throttle that mutes leave the inbox alone.
            let full = counted(Case::of("app_update"), 5).recipient.limits;
            let case = Case::of(&key).preferring(base).preferring(out.get(&outs).clone()).with(|case| {
                case.recipient.limits = full;
                let priority = case.content.priority;
                for one in &mut case.recipient.limits.counted {
                    one.type_key.clone_from(&key);
                    (one.priority, one.capped) = (priority, true);
                }
            });
            if let Decision::Skip(reason) = case.on(InApp) {
                prop_assert!(matches!(reason, Reason::TypeOptedOut | Reason::NotOptedIn | Reason::SenderSilenced | Reason::FolderSilenced));
            }
        }

        #[test]
        fn critical_is_never_held_or_throttled(key in types(), base in document(), seconds in 0..172_800_i64) {
            let case = counted(Case::of("app_update"), 5);
            let critical = Case::of(&key).preferring(base).with(|this| {
                this.recipient.limits = case.recipient.limits;
                this.recipient.limits.counted.iter_mut().for_each(|one| {
                    one.priority = Priority::Critical;
                    one.at = NOON.plus_seconds(seconds);
                });
                this.content.priority = Priority::Critical;
                this.now = NOON.plus_seconds(seconds);
            });
            for decision in critical.decide().channels.values() {
                prop_assert!(!matches!(decision, Decision::Defer(_) | Decision::Skip(Reason::Throttled | Reason::QuietHours)));
            }
        }

        /// However notifications fall in time: never more in a local day, ISO week or window than allowed.
        #[test]
        fn limits_hold_in_every_window(gaps in prop::collection::vec(0..30_000_i64, 1..60), zone in proptest::sample::select(vec!["UTC", "Asia/Tokyo", "America/Los_Angeles"])) {
            let mut case = Case::of("upsell_suggestion").with(|case| case.recipient.profile.as_mut().unwrap().timezone = Some(zone.to_owned()));
            let mut sent: Vec<Counted> = Vec::new();
            for gap in gaps {
                case.now = case.now.plus_seconds(gap);
                case.content.expires_at = case.now.plus_seconds(3_600);
                case.ulid = crate::mint(case.now);
                let verdict = case.decide();
                prop_assert_eq!(verdict.count.is_some(), verdict.channels[&Push] == Decision::Send);
                if let Some(one) = verdict.count {
                    case.recipient.limits = case.recipient.limits.with(one.clone(), case.tenant.throttle);
                    sent.push(one);
                }
            }
            for one in &sent {
                prop_assert!(sent.iter().filter(|other| other.day == one.day).count() <= 3);
                prop_assert!(sent.iter().filter(|other| other.week == one.week).count() <= 10);
                let hour = sent.iter().filter(|other| other.at <= one.at && other.at > one.at.plus_seconds(-3_600));
                prop_assert!(hour.count() <= 5);
            }
        }

        /// The order of rows, devices, tags, documents' keys and what was counted says nothing.
        #[test]
        fn order_does_not_matter(key in types(), base in document(), turn in 0..7_usize) {
            let mut case = counted(Case::of("app_update"), 3);
            case.entry = Case::of(&key).entry;
            let other = |case: &mut Case| {
                let length = case.recipient.limits.counted.len();
                case.recipient.limits.counted.rotate_left(turn % length);
                case.content.tags.reverse();
                case.recipient.devices.push(device());
                case.recipient.devices.reverse();
            };
            let serde_json::Value::Object(members) = base.clone() else { unreachable!() };
            let reversed: Vec<String> = members.iter().rev().map(|(name, value)| format!("{name:?}:{value}")).collect();
            let reversed: Preferences = serde_json::from_str(&format!("{{{}}}", reversed.join(","))).unwrap();
            let straight = case.preferring(base);
            let before = straight.decide();
            let mut turned = straight.with(other);
            turned.recipient.preferences = vec![reversed];
            let after = turned.decide();
            prop_assert_eq!((before.channels, before.post, before.count), (after.channels, after.post, after.count));
        }
    }

    #[test]
    fn an_empty_recipient_still_has_an_inbox() {
        let case = Case::of("security_alert")
            .with(|case| case.recipient = Recipient { limits: Limits::default(), ..Recipient::default() });
        assert_eq!(case.out(), "I");
        let _: Option<Profile> = case.recipient.profile;
    }
}
