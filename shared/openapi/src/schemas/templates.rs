//! What types say on each channel, and what stands around their emails.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// Minijinja templates over the post: `data`'s keys, `sender`, `folder`, `actor_id`, `account_id`, `org_id`, `tags`,
/// `action_url`. A variable that is not there is an error. HTML and text of email have at most 16384 bytes, others 4096.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Templates {
    /// One line, used where the post has no title.
    #[schema(min_length = 1, max_length = 4096)]
    title: Option<String>,
    /// Plain text, used where the post has no body.
    #[schema(min_length = 1, max_length = 4096)]
    body: Option<String>,
    push: Option<PushTemplates>,
    email: Option<EmailTemplates>,
    /// Title and body where left out.
    #[schema(min_length = 1, max_length = 4096)]
    sms: Option<String>,
    /// The same in at most 20 other languages, by BCP 47 tag. What `de-CH` leaves out is `de`'s, then the above.
    #[schema(nullable = false)]
    locales: Option<BTreeMap<String, LocalTemplates>>,
}

/// One language's.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalTemplates {
    #[schema(min_length = 1, max_length = 4096)]
    title: Option<String>,
    #[schema(min_length = 1, max_length = 4096)]
    body: Option<String>,
    push: Option<PushTemplates>,
    email: Option<EmailTemplates>,
    #[schema(min_length = 1, max_length = 4096)]
    sms: Option<String>,
}

/// Title and body where left out.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushTemplates {
    #[schema(min_length = 1, max_length = 4096)]
    title: Option<String>,
    #[schema(min_length = 1, max_length = 4096)]
    body: Option<String>,
}

/// These see the notification too: `title`, `body`, `type`, `category`, `priority`, `notification_id`, `image_url`, `brand`,
/// `locale`, `unsubscribe_url`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailTemplates {
    /// One line; the title if left out.
    #[schema(min_length = 1, max_length = 4096)]
    subject: Option<String>,
    /// One line beside the subject; the beginning of the body if left out.
    #[schema(min_length = 1, max_length = 4096)]
    preheader: Option<String>,
    /// MJML: the sections that go into the layout. Values are escaped.
    #[schema(min_length = 1, max_length = 16384)]
    html: Option<String>,
    /// Plain text.
    #[schema(min_length = 1, max_length = 16384)]
    text: Option<String>,
}

/// What stands around emails.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    /// A whole MJML document.
    mjml: String,
    #[schema(nullable = false)]
    text: Option<String>,
    /// Whose it is.
    #[schema(pattern = "^(shipped|tenant)$")]
    source: String,
}

/// Replaces the layout. `{{ content }}` must be there once.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutLayout {
    /// A whole MJML document with `{{ content }}` where an email's sections go: at most 32768 bytes.
    #[schema(min_length = 13, max_length = 32768)]
    mjml: String,
    /// With `{{ content }}` where an email's text goes: at most 8192 bytes. The shipped one if left out.
    #[schema(min_length = 13, max_length = 8192)]
    text: Option<String>,
    /// As a GET shows it; not read.
    #[schema(value_type = Option<Value>)]
    source: Option<serde_json::Value>,
}
