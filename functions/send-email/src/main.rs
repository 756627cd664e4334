//! Sends emails by SES.
//!
//! `sender` is one recipient; `letter` makes their email, with `unsubscribe` the link in it; `consent` is whether they still want
//! it; `ses` the service, with what its refusals mean. Claims, retries and dead letters are `carillon-sender`'s, as for every
//! channel; HTML, text and MIME are `carillon-email`'s.

mod consent;
mod letter;
mod sender;
#[cfg(test)]
mod sender_tests;
mod ses;
#[cfg(test)]
mod ses_tests;
mod settings;
#[cfg(test)]
mod test_support;
mod unsubscribe;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_domain::{Channel, Millis};
use carillon_runtime::{Aws, MainResult, init_logging, now};
use carillon_sender::{Engine, Lookup, work};
use carillon_store::Recipients;
use carillon_unsubscribe::KeySource;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::letter::Letters;
use crate::sender::Sender;
use crate::ses::Ses;
use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let settings = Settings::from_env()?;
    let aws = Aws::from_env()?;
    let engine = Engine::new(&aws, Channel::Email, settings.engine, now);
    let client = aws_sdk_sesv2::Client::new(&aws.provider("SESV2"));
    let ses = Ses::new(client, settings.configuration_set);
    let keys = KeySource::new(aws.secrets(), settings.unsubscribe_secret);
    let letters = Letters::new(settings.from, keys);
    let recipients = Recipients::new(aws.dynamodb(), settings.recipients);
    let sender = Sender::new(ses, Lookup::new(&aws, settings.catalog)?, recipients, letters, now);
    let (engine, sender) = (&engine, &sender);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = Millis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        Ok::<_, std::convert::Infallible>(work(engine, sender, event.payload, deadline).await)
    }))
    .await
}
