//! SNS: one message to one number, and what its refusals mean.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>

use aws_sdk_sns::Client;
use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;
use carillon_domain::{Category, Reason, SmsSettings};
use carillon_queue::Addressee;
use carillon_sender::{Outcome, Refusal, RefusalKind};

use crate::price::lower;

/// The service.
#[derive(Debug, Clone)]
pub(crate) struct Sns {
    client: Client,
    max_price_usd: Option<String>,
}

/// What is sent, and how.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// E.164.
    pub(crate) number: &'a str,
    pub(crate) text: &'a str,
    pub(crate) category: Category,
    /// From whom, and what it may cost.
    pub(crate) settings: &'a SmsSettings,
}

impl Message<'_> {
    fn attributes(
        &self,
        max_price_usd: Option<&str>,
    ) -> Result<Vec<(&'static str, MessageAttributeValue)>, BuildError> {
        let attribute = |kind: &str, value: &str| {
            MessageAttributeValue::builder().data_type(kind).string_value(value).build()
        };
        // Networks put transactional messages first; promotional ones are cheaper, and some take them by day only.
        let kind = match self.category {
            Category::Marketing => "Promotional",
            Category::Transactional | Category::System => "Transactional",
        };
        let mut all = vec![("AWS.SNS.SMS.SMSType", attribute("String", kind)?)];
        if let Some(id) = &self.settings.sender_id {
            all.push(("AWS.SNS.SMS.SenderID", attribute("String", id)?));
        }
        if let Some(price) = lower(self.settings.max_price_usd.as_deref(), max_price_usd) {
            all.push(("AWS.SNS.SMS.MaxPrice", attribute("Number", price)?));
        }
        Ok(all)
    }
}

impl Sns {
    /// By this client, which tries nothing again; no message may cost more than this, whatever a tenant says.
    pub(crate) fn new(client: Client, max_price_usd: Option<String>) -> Self {
        Self { client, max_price_usd }
    }

    /// Whether whoever has the number asked the account for no more SMS. SNS would take a message to them, and drop it.
    pub(crate) async fn opted_out(&self, number: &str) -> Result<bool, Refusal> {
        let asked = self.client.check_if_phone_number_is_opted_out().phone_number(number).send();
        // Boxed: the SDK's future is large, and it would be part of every recipient's.
        Box::pin(asked).await.map(|output| output.is_opted_out()).map_err(|error| Refusal::of(&error))
    }

    /// Sends it; what SNS calls it.
    pub(crate) async fn publish(&self, message: &Message<'_>) -> Result<Option<String>, Refusal> {
        let mut call = self.client.publish().phone_number(message.number).message(message.text);
        let attributes = message.attributes(self.max_price_usd.as_deref());
        for (name, value) in attributes.map_err(|_| Refusal::unwritable())? {
            call = call.message_attributes(name, value);
        }
        let sent = Box::pin(call.send()).await;
        sent.map(|output| output.message_id).map_err(|error| Refusal::of(&error))
    }
}

/// What a refusal means for a recipient.
pub(crate) fn outcome(refusal: &Refusal, addressee: &Addressee) -> Outcome {
    match refusal.kind {
        RefusalKind::Throttled | RefusalKind::Passing => Outcome::Again {
            rest: addressee.clone(),
            failure: refusal.failure(Reason::Unavailable),
            provider_id: None,
        },
        RefusalKind::Forbidden => Outcome::Failed(refusal.failure(Reason::NotConfigured)),
        RefusalKind::Refused if is_opt_out(refusal) => Outcome::Skipped(Reason::Suppressed),
        RefusalKind::Refused => Outcome::Failed(refusal.failure(Reason::Rejected)),
    }
}

/// They may have opted out after we asked.
fn is_opt_out(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "OptedOut" | "OptedOutException") || refusal.says.contains("opted out")
}
