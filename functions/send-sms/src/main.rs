//! Sends SMS by SNS.
//!
//! `sender` is one recipient; `sns` the service, with what its refusals mean; `number` which numbers are people's;
//! `price` what a message may cost. Claims, retries and dead letters are `carillon-sender`'s, as for every channel;
//! how long a text is, is `carillon-domain`'s (`Sms`).

mod number;
mod price;
mod sender;
#[cfg(test)]
mod sender_tests;
mod settings;
mod sns;
#[cfg(test)]
mod sns_tests;
#[cfg(test)]
mod test_support;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_domain::{Channel, Millis};
use carillon_runtime::{Aws, MainResult, init_logging, now};
use carillon_sender::{Engine, Lookup, work};
use lambda_runtime::{LambdaEvent, service_fn};

use crate::sender::Sender;
use crate::settings::Settings;
use crate::sns::Sns;

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let settings = Settings::from_env()?;
    let aws = Aws::from_env()?;
    let engine = Engine::new(&aws, Channel::Sms, settings.engine, now);
    let sns = Sns::new(aws_sdk_sns::Client::new(&aws.provider("SNS")), settings.max_price_usd);
    let sender = Sender::new(sns, Lookup::new(&aws, settings.catalog)?, settings.enabled, now);
    let (engine, sender) = (&engine, &sender);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = Millis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        Ok::<_, std::convert::Infallible>(work(engine, sender, event.payload, deadline).await)
    }))
    .await
}
