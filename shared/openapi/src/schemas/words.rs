//! The closed vocabularies, as the code has them.

use carillon_domain as domain;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($name:ident: $words:expr, $doc:literal;)+) => {$(
        #[doc = $doc]
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($doc));
                text.enum_values(Some($words)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

fn all<T: Copy>(words: &[T], text: fn(T) -> &'static str) -> Vec<&'static str> {
    words.iter().copied().map(text).collect()
}

fn interrupting() -> Vec<&'static str> {
    let all = domain::Channel::ALL.iter().filter(|channel| **channel != domain::Channel::InApp);
    all.map(|channel| channel.as_str()).collect()
}

words! {
    Category: all(domain::Category::ALL, domain::Category::as_str), "What a type is about; marketing needs consent.";
    Channel: all(domain::Channel::ALL, domain::Channel::as_str), "How a notification may be delivered.";
    InterruptingChannel: interrupting(), "A channel that interrupts: all but in_app, which is always on.";
    DeliveryState: all(domain::DeliveryState::ALL, domain::DeliveryState::as_str),
        "Where a delivery stands. It only moves forward.";
    PushPolicy: all(domain::PushPolicy::ALL, domain::PushPolicy::as_str),
        "When push goes out to a recipient who may be connected.";
    Reason: all(domain::Reason::ALL, domain::Reason::as_str), "Why a channel was skipped, deferred or failed.";
    Priority: ["low", "normal", "high", "critical"], "How urgent it is.";
    PriorityInput: ["low", "info", "normal", "medium", "high", "warning", "critical", "urgent", "alert"],
        "How urgent it is. info is low, medium normal, warning high, urgent and alert critical.";
    Frequency: ["off", "none", "realtime", "daily", "weekly", "monthly"], "How often a summary comes; none and realtime are off.";
    SuppressedFor: all(domain::SuppressedFor::ALL, domain::SuppressedFor::as_str), "Why an address is suppressed.";
    SuppressedChannel: ["email", "sms"], "A channel whose addresses can be suppressed.";
    EmailChannel: ["email"], "Of an email address.";
    SmsChannel: ["sms"], "Of a number.";
    Manual: ["manual"], "By hand. The other reasons are a provider's.";
    PushTarget: ["token", "topic", "user"], "To whom a push message goes.";
    Platform: ["ios", "android", "web"], "What a device runs.";
}
