//! Whether marketing is still wanted.

use carillon_domain::{Category, NotificationType, PROMOTIONS, Reason, consents};
use carillon_sender::{Outcome, Sending, TimeLeft};
use carillon_store::Recipients;

/// What an email needs the consent to; None where it needs none. Of a type that is gone since, to all.
pub(crate) fn needed<'a>(sending: &Sending<'_>, entry: Option<&'a NotificationType>) -> Option<&'a str> {
    let key = entry.and_then(|entry| entry.opt_in_key.as_deref()).unwrap_or(PROMOTIONS);
    (sending.message.content.category == Category::Marketing).then_some(key)
}

/// Asks again before a later attempt, which may come hours after it was decided: who has unsubscribed meanwhile, with another
/// email's link, was told that no more would come. The first attempt was decided just now.
pub(crate) async fn still(
    recipients: &Recipients,
    sending: &Sending<'_>,
    entry: Option<&NotificationType>,
    time: TimeLeft,
) -> Result<(), Outcome> {
    let (message, addressee) = (sending.message, sending.addressee);
    let Some(key) = needed(sending, entry).filter(|_| message.trace.attempt > 0) else {
        return Ok(());
    };
    let facts = recipients.facts(&message.tenant, &addressee.user, addressee.account.as_ref(), sending.now);
    let recipient = sending.read("recipient", time, facts).await?;
    if consents(&recipient, key, message.channel) { Ok(()) } else { Err(Outcome::Skipped(Reason::NoConsent)) }
}
