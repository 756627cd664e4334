//! SES: one message to one address, and what its refusals mean.
//!
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors>

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use carillon_domain::{Reason, TenantId};
use carillon_queue::Addressee;
use carillon_sender::{Failure, Outcome, Refusal, RefusalKind};

/// SES asks to wait up to ten minutes where the quota of a day is used up.
const QUOTA_SECONDS: i64 = 600;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Ses {
    client: Client,
    configuration_set: Option<String>,
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// ASCII.
    pub(crate) to: &'a str,
    /// The whole of it.
    pub(crate) mime: Blob,
    /// What SES's events name it by.
    pub(crate) tenant: &'a TenantId,
    /// The notification's public id.
    pub(crate) id: &'a str,
}

impl Message<'_> {
    /// Tags take letters, digits, `_` and `-` only, at most 256. The id is made of these already; written in them once more,
    /// a long one would not fit.
    fn tags(&self) -> Result<Vec<MessageTag>, BuildError> {
        [("tenant", URL_SAFE_NO_PAD.encode(self.tenant.as_str())), ("notification", self.id.to_owned())]
            .into_iter()
            .map(|(name, value)| MessageTag::builder().name(name).value(value).build())
            .collect()
    }

    fn content(&self) -> Result<EmailContent, BuildError> {
        let raw = RawMessage::builder().data(self.mime.clone()).build()?;
        Ok(EmailContent::builder().raw(raw).build())
    }
}

impl Ses {
    /// By this client, which tries nothing again.
    pub(crate) fn new(client: Client, configuration_set: Option<String>) -> Self {
        Self { client, configuration_set }
    }

    /// Sends it; what SES calls it. Whom it is from says the message itself.
    pub(crate) async fn send(&self, message: &Message<'_>) -> Result<Option<String>, Refusal> {
        let unwritable = |_| Refusal::unwritable();
        let call = self
            .client
            .send_email()
            .destination(Destination::builder().to_addresses(message.to).build())
            .content(message.content().map_err(unwritable)?)
            .set_email_tags(Some(message.tags().map_err(unwritable)?))
            .set_configuration_set_name(self.configuration_set.clone());
        // Boxed: the SDK's future is large, and it would be part of every recipient's.
        let sent = Box::pin(call.send()).await;
        sent.map(|output| output.message_id).map_err(|error| known(Refusal::of(&error)))
    }
}

/// With what only SES means by it.
fn known(refusal: Refusal) -> Refusal {
    let kind = match (refusal.code.as_str(), refusal.kind) {
        // Of a day's quota, or of an account that is paused: to ask again in a moment helps nobody.
        (_, RefusalKind::Throttled) if is_quota(&refusal) => RefusalKind::Passing,
        ("LimitExceededException" | "SendingPausedException", _) => RefusalKind::Passing,
        (_, kind) => kind,
    };
    Refusal { kind, ..refusal }
}

fn is_quota(refusal: &Refusal) -> bool {
    refusal.says.to_ascii_lowercase().contains("quota exceeded")
}

/// SES says so in the words of a request that is wrong.
fn is_too_large(refusal: &Refusal) -> bool {
    let says = refusal.says.to_ascii_lowercase();
    refusal.code == "BadRequestException" && says.contains("length") && says.contains("bytes")
}

/// What a refusal means for a recipient.
pub(crate) fn outcome(refusal: &Refusal, addressee: &Addressee) -> Outcome {
    match refusal.kind {
        RefusalKind::Throttled | RefusalKind::Passing => {
            let retry_after = is_quota(refusal).then_some(QUOTA_SECONDS);
            let failure = Failure { retry_after, ..refusal.failure(Reason::Unavailable) };
            Outcome::Again { rest: addressee.clone(), failure, provider_id: None }
        }
        RefusalKind::Forbidden => Outcome::Failed(refusal.failure(Reason::NotConfigured)),
        RefusalKind::Refused if is_too_large(refusal) => Outcome::Failed(refusal.failure(Reason::TooLarge)),
        // An account that is suspended is so until its owner has talked to AWS: what is sent again then is a dead letter.
        RefusalKind::Refused => Outcome::Failed(refusal.failure(Reason::Rejected)),
    }
}
