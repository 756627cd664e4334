//! What every channel would say.

use serde_json::Value;
use utoipa::ToSchema;

use super::producing::SenderInput;
use super::templates::{PutLayout, Templates};
use super::text::{Email, Id, Line128, Line255, Link, Locale, Tag, Title};

/// A post, as far as it says something. What is left out comes from the type's `sample`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewTemplates {
    /// A key of the registry.
    #[schema(format = "notification-type")]
    r#type: String,
    /// Whose language it is shown in.
    locale: Option<Locale>,
    /// In place of the type's: a draft, which is not kept.
    templates: Option<Templates>,
    /// In place of the tenant's: a draft, which is not kept.
    layout: Option<PutLayout>,
    title: Option<Title>,
    body: Option<String>,
    #[schema(value_type = Option<Object>, additional_properties)]
    data: Option<Value>,
    sender: Option<SenderInput>,
    folder: Option<Line255>,
    #[schema(max_items = 32)]
    tags: Option<Vec<Tag>>,
    action_url: Option<Link>,
    image_url: Option<Link>,
    actor_id: Option<Line128>,
    account_id: Option<Id>,
    org_id: Option<Id>,
}

/// What every channel of the type would say.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preview {
    /// The language of the type's templates that the locale comes to; null is the default one.
    locale: Option<Locale>,
    channels: PreviewChannels,
}

/// Those of the type. Webhooks and Slack get the notification as it is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewChannels {
    in_app: PreviewWords,
    #[schema(nullable = false)]
    push: Option<PreviewWords>,
    #[schema(nullable = false)]
    email: Option<PreviewEmail>,
    #[schema(nullable = false)]
    sms: Option<PreviewSms>,
}

/// Title and body.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewWords {
    title: String,
    body: String,
}

/// An email.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewEmail {
    subject: String,
    preheader: String,
    /// Null: no address is set up, or the tenant may not send from its own.
    from: Option<PreviewFrom>,
    reply_to: Vec<Email>,
    html: String,
    text: String,
    /// Of marketing. Leads nowhere.
    list_unsubscribe: Option<String>,
}

/// Whom an email is from.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewFrom {
    name: Option<String>,
    address: String,
}

/// An SMS.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewSms {
    text: String,
    #[schema(pattern = "^(gsm7|ucs2)$")]
    encoding: String,
    /// How many messages it is billed as.
    #[schema(minimum = 1)]
    segments: u32,
    /// Whether its end was left out.
    cut: bool,
    sender_id: Option<String>,
}
