//! An SNS, and a sender by it.

use std::time::Duration;

use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use carillon_domain::{Address, Channel, RetrySchedule};
use carillon_queue::Addressee;
use carillon_runtime::PROVIDER_TIMEOUT;
use carillon_testkit::{Asked, FakeService, Reply, sdk_config};

use crate::sender::Sender;
use crate::sns::Sns;

#[path = "../../../shared/sender/tests/support/channel.rs"]
mod channel;

pub(crate) use channel::{Desk, Log, addressee as to, later};

/// A sender and its world.
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) sns: FakeService,
    pub(crate) sender: Sender,
}

/// As patient as the function's own.
pub(crate) fn client(url: &str) -> Sns {
    waiting(url, PROVIDER_TIMEOUT, None)
}

/// With the deployment's ceiling.
pub(crate) fn with_ceiling(url: &str, max_price_usd: &str) -> Sns {
    waiting(url, PROVIDER_TIMEOUT, Some(max_price_usd.to_owned()))
}

/// For who never answers.
pub(crate) fn impatient(url: &str) -> Sns {
    waiting(url, Duration::from_millis(500), None)
}

fn waiting(url: &str, timeout: Duration, max_price_usd: Option<String>) -> Sns {
    let timeouts = TimeoutConfig::builder().operation_timeout(timeout).build();
    let config = aws_sdk_sns::config::Builder::from(&sdk_config(url)).timeout_config(timeouts);
    let client = aws_sdk_sns::Client::from_conf(config.retry_config(RetryConfig::disabled()).build());
    Sns::new(client, max_price_usd)
}

impl World {
    /// SNS takes everything.
    pub(crate) async fn new() -> Self {
        Self::with(|_| None).await
    }

    /// SNS answers so, and takes the rest.
    pub(crate) async fn with(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let sns =
            FakeService::start(move |asked| answer(asked).unwrap_or_else(|| takes(asked))).await.unwrap();
        let desk = Desk::new(Channel::Sms, RetrySchedule::SMS).await;
        let sender = Sender::new(client(sns.url()), desk.lookup(), true, channel::clock);
        Self { desk, sns, sender }
    }

    /// What was published, in order.
    pub(crate) fn published(&self) -> Vec<std::collections::BTreeMap<String, String>> {
        let all = self.sns.asked();
        all.iter().filter(|asked| is_publish(asked)).map(Asked::form).collect()
    }
}

pub(crate) fn is_publish(asked: &Asked) -> bool {
    asked.form()["Action"] == "Publish"
}

fn takes(asked: &Asked) -> Reply {
    Reply::Says(
        200,
        match is_publish(asked) {
            true => String::from(
                "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
             <MessageId>sms-1</MessageId></PublishResult></PublishResponse>",
            ),
            false => opted_out(false),
        },
    )
}

/// What CheckIfPhoneNumberIsOptedOut answers.
pub(crate) fn opted_out(is: bool) -> String {
    format!(
        "<CheckIfPhoneNumberIsOptedOutResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
         <CheckIfPhoneNumberIsOptedOutResult><isOptedOut>{is}</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>\
         </CheckIfPhoneNumberIsOptedOutResponse>"
    )
}

/// SNS's errors.
pub(crate) fn refuses(status: u16, code: &str, message: &str) -> Reply {
    Reply::Says(
        status,
        format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

pub(crate) fn phone(user: &str, number: &str) -> Addressee {
    to(user, Address::Phone(number.to_owned()), None)
}
