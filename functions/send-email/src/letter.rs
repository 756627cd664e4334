//! One recipient's email.

use aws_sdk_sesv2::primitives::Blob;
use carillon_domain::{AccountId, NotificationId, NotificationType, Reason, TenantTypes};
use carillon_email::{EmailError, Envelope, Letter, Renderer, ascii_address, mime, sender_of};
use carillon_sender::{Failure, Outcome, Sending, TimeLeft};
use carillon_unsubscribe::KeySource;

use crate::settings::Sources;
use crate::unsubscribe;

/// SES takes no larger messages of most accounts, in bytes.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Makes emails.
#[derive(Debug)]
pub(crate) struct Letters {
    sources: Sources,
    keys: KeySource,
    renderer: Renderer,
}

/// An email that can go out.
#[derive(Debug)]
pub(crate) struct Made {
    /// ASCII.
    pub(crate) to: String,
    pub(crate) mime: Blob,
    /// The notification's public id.
    pub(crate) id: String,
}

impl Letters {
    /// From these senders.
    pub(crate) fn new(sources: Sources, keys: KeySource) -> Self {
        Self { sources, keys, renderer: Renderer::new() }
    }

    /// Makes one; if it cannot be made, what becomes of the recipient.
    pub(crate) async fn make(
        &self,
        sending: &Sending<'_>,
        address: &str,
        types: &TenantTypes,
        entry: Option<&NotificationType>,
        time: TimeLeft,
    ) -> Result<Made, Outcome> {
        let message = sending.message;
        let Sources { default_from, domains, public_url } = &self.sources;
        let from = sender_of(&types.settings, &message.tenant, default_from, domains).map_err(|error| {
            tracing::warn!(code = "email_not_configured", ulid = %message.ulid, %error, "there is nobody to send it");
            Outcome::Failed(Failure::new(Reason::NotConfigured, "from"))
        })?;
        let to = ascii_address(address).map_err(|error| failed(&error, sending))?;
        let unsubscribe = unsubscribe::link(&self.keys, public_url, sending, entry, time).await?;
        let id = NotificationId { ulid: message.ulid, user: sending.addressee.user.clone() }.to_string();
        let (locale, unsubscribe_url) = (sending.addressee.locale.as_deref(), unsubscribe.as_deref());
        let account = sending.addressee.account.as_ref().map(AccountId::as_str);
        let (tenant, content) = (&message.tenant, &message.content);
        let letter = Letter { tenant, types, entry, content, id: &id, account, locale, unsubscribe_url };
        let rendered = self.renderer.render(&letter).map_err(|error| failed(&error, sending))?;
        let envelope = Envelope {
            from,
            to: &to,
            reply_to: &types.settings.email.reply_to,
            unsubscribe_url,
            locale,
            sent_at: sending.now,
            id: &id,
        };
        let mime = mime(&envelope, &rendered).map_err(|error| failed(&error, sending))?;
        if mime.len() > MAX_BYTES {
            return Err(Outcome::Failed(Failure::new(Reason::TooLarge, "message")));
        }
        Ok(Made { to, mime: Blob::new(mime), id })
    }
}

/// A template that was changed since the post (when it was posted, this was tried), or an address that SES does not take.
fn failed(error: &EmailError, sending: &Sending<'_>) -> Outcome {
    let (reason, detail) = match error {
        EmailError::Template { place, .. } => (Reason::Template, *place),
        EmailError::Mjml(_) => (Reason::Template, "email.html"),
        EmailError::Address(_) => (Reason::Rejected, "invalid_address"),
    };
    let (ulid, type_key) = (sending.message.ulid, &sending.message.content.type_key);
    tracing::warn!(%ulid, type_key, %reason, detail, %error, "the email could not be made");
    Outcome::Failed(Failure::new(reason, detail))
}
