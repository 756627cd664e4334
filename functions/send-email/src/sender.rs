//! One recipient.

use carillon_domain::{Address, Clock, NotificationType, Reason, TenantTypes};
use carillon_runtime::PROVIDER_TIMEOUT;
use carillon_sender::{Lane, LaneTurn, Lookup, Outcome, Provider, Sending, TimeLeft};
use carillon_store::Recipients;

use crate::consent;
use crate::letter::Letters;
use crate::ses::{Message, Ses, outcome};

/// Requests to SES at a time, with the emails for them in memory: it takes 14 messages a second of most accounts, and a
/// request some 100 ms.
const AT_ONCE: usize = 16;
/// The first pause after SES said that they are too many, in milliseconds.
const PAUSE_MILLIS: i64 = 250;
/// What is left after a request, to note what came of it for all recipients, in milliseconds.
const NOTE_MILLIS: i64 = 5_000;

/// Sends emails.
#[derive(Debug)]
pub(crate) struct Sender {
    ses: Ses,
    lookup: Lookup,
    recipients: Recipients,
    letters: Letters,
    lane: Lane,
    clock: Clock,
}

impl Sender {
    /// By this service.
    pub(crate) fn new(
        ses: Ses,
        lookup: Lookup,
        recipients: Recipients,
        letters: Letters,
        clock: Clock,
    ) -> Self {
        Self { ses, lookup, recipients, letters, lane: Lane::new(AT_ONCE, PAUSE_MILLIS), clock }
    }

    /// With a turn; what it comes to if it does not come to its end is the error.
    async fn one(
        &self,
        sending: &Sending<'_>,
        address: &str,
        turn: &LaneTurn<'_>,
        time: TimeLeft,
    ) -> Result<Outcome, Outcome> {
        let addressee = sending.addressee;
        let make = async |types: &TenantTypes, entry: Option<&NotificationType>| {
            consent::still(&self.recipients, sending, entry, time).await?;
            self.letters.make(sending, address, types, entry, time).await
        };
        let made = self.lookup.make(sending, address, time, make).await?;
        let tenant = &sending.message.tenant;
        let message = Message { to: &made.to, mime: made.mime, tenant, id: &made.id };
        let sent = turn.call(time, async || self.ses.send(&message).await).await;
        let sent = sent.ok_or_else(|| Outcome::Later { rest: addressee.clone() })?;
        let provider_id = sent.map_err(|refusal| outcome(&refusal, addressee))?;
        Ok(Outcome::Sent { provider_id, detail: None })
    }
}

impl Provider for Sender {
    async fn send(&self, sending: &Sending<'_>) -> Outcome {
        let Address::Email(address) = &sending.addressee.address else {
            return Outcome::Skipped(Reason::NoAddress);
        };
        let time = TimeLeft::new(self.clock, sending.deadline, needed());
        let Some(turn) = self.lane.turn(time).await else {
            return Outcome::Later { rest: sending.addressee.clone() };
        };
        self.one(sending, address, &turn, time).await.unwrap_or_else(|outcome| outcome)
    }
}

fn needed() -> i64 {
    i64::try_from(PROVIDER_TIMEOUT.as_millis()).unwrap_or(i64::MAX / 2) + NOTE_MILLIS
}
