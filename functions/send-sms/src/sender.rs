//! One recipient.

use carillon_domain::{Address, Clock, NotificationId, NotificationType, Reason, Sms, TenantTypes, TextKind};
use carillon_runtime::PROVIDER_TIMEOUT;
use carillon_sender::{Failure, Lane, LaneTurn, Lookup, Outcome, Provider, Sending, TimeLeft};
use carillon_templates::{About, text, variables};

use crate::number::reachable;
use crate::sns::{Message, Sns, outcome};

/// Requests to SNS at a time: it takes 20 messages a second of most accounts, and a request some 50 ms.
const AT_ONCE: usize = 10;
/// The first pause after SNS said that they are too many, in milliseconds.
const PAUSE_MILLIS: i64 = 250;
/// What is left after a request, to note what came of it for all recipients, in milliseconds.
const NOTE_MILLIS: i64 = 5_000;
/// Of a type that is gone since: as of one that does not say.
const DEFAULT_SEGMENTS: u8 = 3;

/// Sends SMS.
#[derive(Debug)]
pub(crate) struct Sender {
    sns: Sns,
    lookup: Lookup,
    lane: Lane,
    enabled: bool,
    clock: Clock,
}

/// What a type says as an SMS.
struct Text {
    sms: Sms,
    /// Fit for the trace.
    detail: String,
}

impl Sender {
    /// By this service.
    pub(crate) fn new(sns: Sns, lookup: Lookup, enabled: bool, clock: Clock) -> Self {
        Self { sns, lookup, lane: Lane::new(AT_ONCE, PAUSE_MILLIS), enabled, clock }
    }

    /// With a turn; what it comes to if it does not come to its end is the error.
    async fn one(
        &self,
        sending: &Sending<'_>,
        number: &str,
        turn: &LaneTurn<'_>,
        time: TimeLeft,
    ) -> Result<Outcome, Outcome> {
        let (addressee, content) = (sending.addressee, &sending.message.content);
        let later = || Outcome::Later { rest: addressee.clone() };
        let make = async |types: &TenantTypes, entry: Option<&NotificationType>| {
            let text = words(sending, types, entry).map_err(Outcome::Failed)?;
            Ok((text, types.settings.sms.clone()))
        };
        let (Text { sms, detail }, settings) = self.lookup.make(sending, number, time, make).await?;
        let asked = turn.call(time, async || self.sns.opted_out(number).await).await;
        if asked.ok_or_else(later)?.map_err(|refusal| outcome(&refusal, addressee))? {
            return Err(Outcome::Skipped(Reason::Suppressed));
        }
        let message = Message { number, text: &sms.text, category: content.category, settings: &settings };
        let sent = turn.call(time, async || self.sns.publish(&message).await).await;
        let provider_id = sent.ok_or_else(later)?.map_err(|refusal| outcome(&refusal, addressee))?;
        Ok(Outcome::Sent { provider_id, detail: Some(detail) })
    }
}

impl Provider for Sender {
    async fn send(&self, sending: &Sending<'_>) -> Outcome {
        let Address::Phone(number) = &sending.addressee.address else {
            return Outcome::Skipped(Reason::NoAddress);
        };
        if !self.enabled {
            return Outcome::Failed(Failure::new(Reason::NotConfigured, "sms_not_enabled"));
        }
        let number = match reachable(number) {
            Ok(number) => number,
            Err(detail) => return Outcome::Failed(Failure::new(Reason::Rejected, detail)),
        };
        let time = TimeLeft::new(self.clock, sending.deadline, needed());
        let Some(turn) = self.lane.turn(time).await else {
            return Outcome::Later { rest: sending.addressee.clone() };
        };
        self.one(sending, &number, &turn, time).await.unwrap_or_else(|outcome| outcome)
    }
}

fn needed() -> i64 {
    i64::try_from(PROVIDER_TIMEOUT.as_millis()).unwrap_or(i64::MAX / 2) + NOTE_MILLIS
}

/// From the type's template, else title and body, as long as the type lets it be.
fn words(
    sending: &Sending<'_>,
    types: &TenantTypes,
    entry: Option<&NotificationType>,
) -> Result<Text, Failure> {
    let (message, addressee) = (sending.message, sending.addressee);
    let content = &message.content;
    let id = NotificationId { ulid: message.ulid, user: addressee.user.clone() }.to_string();
    let locale = addressee.locale.as_deref();
    let about = About {
        notification_id: &id,
        account: addressee.account.as_ref().map(carillon_domain::AccountId::as_str),
        locale,
        tenant: &message.tenant,
        settings: &types.settings,
        unsubscribe_url: None,
    };
    let own = match entry {
        Some(entry) => text(entry, TextKind::Sms, locale, &variables(content, &about)),
        None => Ok(None),
    };
    let own = own.map_err(|error| {
        // A template that was changed since the post: when it was posted, this was tried.
        tracing::warn!(ulid = %message.ulid, type_key = content.type_key, missing = error.missing, "the template failed");
        Failure::new(Reason::Template, "sms")
    })?;
    let said = own.filter(|text| !text.trim().is_empty());
    let said = said.unwrap_or_else(|| Sms::words(&content.title, &content.body));
    let sms = Sms::fit(&said, entry.map_or(DEFAULT_SEGMENTS, |entry| entry.max_sms_segments));
    let cut = if sms.cut { " cut" } else { "" };
    let detail = format!("segments={}{cut}", sms.segments);
    Ok(Text { sms, detail })
}
