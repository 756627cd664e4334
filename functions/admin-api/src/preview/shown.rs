//! What each channel says.

use carillon_domain::{
    Channel, Content, InputError, NotificationType, Sms, SmsEncoding, TenantTypes, TextKind,
};
use carillon_email::{EmailError, Letter, sender_of};
use carillon_http::Problem;
use carillon_templates::{About, TemplateError, text, variables};
use serde::Serialize;

use crate::app::App;

/// The answer.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    /// What the locale comes to among the type's languages; null is the default one.
    pub(super) locale: Option<&'a str>,
    pub(super) channels: Channels<'a>,
}

/// Those of the type that say something by themselves.
#[derive(Serialize, Default)]
pub(super) struct Channels<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    in_app: Option<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push: Option<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<Text<'a>>,
}

#[derive(Serialize)]
struct Words {
    title: String,
    body: String,
}

#[derive(Serialize)]
struct Email<'a> {
    subject: String,
    preheader: String,
    /// Null: nothing can be sent, because no address is set up, or the tenant may not send from its own.
    from: Option<From>,
    reply_to: &'a [String],
    html: String,
    text: String,
    /// Of marketing; leads nowhere.
    list_unsubscribe: Option<String>,
}

#[derive(Serialize)]
struct From {
    name: Option<String>,
    address: String,
}

#[derive(Serialize)]
struct Text<'a> {
    text: String,
    encoding: SmsEncoding,
    segments: u32,
    cut: bool,
    sender_id: Option<&'a str>,
}

/// A notification in one language.
pub(super) struct Said<'a> {
    pub(super) inbox: Content,
    pub(super) push: Content,
    pub(super) about: About<'a>,
}

/// All that the type goes out on. Webhooks and Slack get the notification as it is.
pub(super) fn channels<'a>(
    app: &App,
    types: &'a TenantTypes,
    entry: &NotificationType,
    said: &Said<'_>,
) -> Result<Channels<'a>, Problem> {
    let mut all = Channels::default();
    for channel in &entry.channels {
        match channel {
            Channel::InApp => all.in_app = Some(words(&said.inbox)),
            Channel::Push => all.push = Some(words(&said.push)),
            Channel::Email => all.email = Some(email(app, types, entry, said)?),
            Channel::Sms => all.sms = Some(sms(types, entry, said)?),
            Channel::Webhook | Channel::Slack => {}
        }
    }
    Ok(all)
}

fn words(content: &Content) -> Words {
    Words { title: content.title.clone(), body: content.body.clone() }
}

fn email<'a>(
    app: &App,
    types: &'a TenantTypes,
    entry: &NotificationType,
    said: &Said<'_>,
) -> Result<Email<'a>, Problem> {
    let About { notification_id, account, locale, tenant, settings: _, unsubscribe_url } = said.about;
    let letter = Letter {
        tenant,
        types,
        entry: Some(entry),
        content: &said.inbox,
        id: notification_id,
        account,
        locale,
        unsubscribe_url,
    };
    let rendered = app.emails.render(&letter).map_err(|error| unfit(error, entry))?;
    let from = sender_of(&types.settings, tenant, &app.email_from, &app.domains).ok();
    Ok(Email {
        subject: rendered.subject,
        preheader: rendered.preheader,
        from: from.map(|from| From { name: from.name, address: from.address }),
        reply_to: &types.settings.email.reply_to,
        html: rendered.html,
        text: rendered.text,
        list_unsubscribe: unsubscribe_url.map(str::to_owned),
    })
}

fn sms<'a>(types: &'a TenantTypes, entry: &NotificationType, said: &Said<'_>) -> Result<Text<'a>, Problem> {
    // Nobody unsubscribes by a link in an SMS.
    let about = About { unsubscribe_url: None, ..said.about };
    let own = text(entry, TextKind::Sms, about.locale, &variables(&said.inbox, &about));
    let own = own.map_err(|error| refusal(&error, "the sms", entry))?;
    let own = own.filter(|text| !text.trim().is_empty());
    let plain = own.unwrap_or_else(|| Sms::words(&said.inbox.title, &said.inbox.body));
    let Sms { text, encoding, segments, cut } = Sms::fit(&plain, entry.max_sms_segments);
    Ok(Text { text, encoding, segments, cut, sender_id: types.settings.sms.sender_id.as_deref() })
}

fn refusal(error: &TemplateError, what: &str, entry: &NotificationType) -> Problem {
    InputError::from(error.refusal(&format!("{what} of {}", entry.key))).into()
}

fn unfit(error: EmailError, entry: &NotificationType) -> Problem {
    let detail = error.to_string();
    match error {
        EmailError::Template { place, missing, detail } => {
            refusal(&TemplateError { missing, detail }, &format!("the {place}"), entry)
        }
        EmailError::Mjml(_) => Problem::invalid("templates.email.html", detail),
        EmailError::Address(_) => Problem::invalid("templates.email", detail),
    }
}
