//! People who can be written to, and what was sent to them.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::outgoing::Recorded;
use crate::{Answers, Mails, Tenant, TextMessages, User};

impl Tenant {
    /// What SES was asked to send. All tests share it: look for [`Self::address`] of one's own.
    #[must_use]
    pub fn mails(&self) -> Mails {
        Mails(self.recorded())
    }

    /// What SNS was asked to send to phones, by [`Self::phone`].
    #[must_use]
    pub fn sms(&self) -> TextMessages {
        TextMessages(self.recorded())
    }

    /// Has SES and SNS answer otherwise.
    #[must_use]
    pub fn answers(&self) -> Answers {
        Answers(self.recorded())
    }

    fn recorded(&self) -> Recorded {
        Recorded::at(&self.stack.aws_endpoint_url, self.anonymous().http())
    }

    /// An email address that nobody else has.
    #[must_use]
    pub fn address(&self, user: &str) -> String {
        format!("{user}@{}.example", self.id)
    }

    /// A number of a mobile phone that nobody else has, as far as eight digits go.
    #[must_use]
    pub fn phone(&self, user: &str) -> String {
        // FNV-1a: the same for the same user.
        let text = self.partition(user);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("+49151{:08}", hash % 100_000_000)
    }

    /// A user who can be written to: with [`Self::address`], [`Self::phone`], and more fields of the profile.
    ///
    /// # Errors
    /// If the profile is not accepted.
    pub async fn person(&self, id: &str, more: &Value) -> Result<User> {
        let mut profile = json!({"email": self.address(id), "phone": self.phone(id)});
        for (name, value) in more.as_object().into_iter().flatten() {
            profile[name] = value.clone();
        }
        self.admin()?.put(&format!("/v1/recipients/{id}"), &profile).await?.ok()?;
        self.user(id)
    }

    /// What SES tells of a mail, as it comes from its configuration set's topic.
    ///
    /// # Errors
    /// As SNS reports.
    pub async fn ses_event(&self, event: &Value) -> Result<()> {
        let topic = self.stack.outputs.get("FeedbackTopicArn").context("no FeedbackTopicArn")?;
        self.aws.sns.publish().topic_arn(topic).message(event.to_string()).send().await?;
        Ok(())
    }
}
