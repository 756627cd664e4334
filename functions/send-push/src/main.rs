//! Sends push notifications by FCM and Web Push.
//!
//! `sender` is what is particular about push: a recipient is several devices. `fcm` and `web_push` send to one device
//! each; `direct` is what producers send past the inbox. Claims, retries and dead letters are `carillon-sender`'s, as for every channel.

mod direct;
mod fcm;
mod lanes;
mod outcome;
#[cfg(test)]
mod pushing;
mod reached;
mod secret;
mod sender;
#[cfg(test)]
mod sender_tests;
mod settings;
mod single;
#[cfg(test)]
mod test_support;
mod time_left;
mod topic_header;
mod topics;
mod web_push;

use aws_lambda_events::event::sqs::SqsEvent;
use carillon_domain::{Channel, Millis};
use carillon_queue::{DeliveryMessage, process};
use carillon_runtime::{Aws, MainResult, init_logging, now};
use carillon_sender::Engine;
use carillon_store::Recipients;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::direct::Directly;
use crate::fcm::Fcm;
use crate::sender::Sender;
use crate::settings::Settings;
use crate::topics::Membership;
use crate::web_push::WebPush;

#[tokio::main(flavor = "current_thread")]
async fn main() -> MainResult {
    init_logging();
    let settings = Settings::from_env()?;
    let aws = Aws::from_env()?;
    let engine = Engine::new(&aws, Channel::Push, settings.engine, now);
    let account = fcm::secret(aws.secrets(), settings.fcm_secret);
    let key = web_push::Secret::new(aws.secrets(), settings.vapid_secret, settings.vapid_public_key);
    let fcm = Fcm::new(&settings.fcm_url, &settings.fcm_iid_url, settings.egress.clone(), account)?;
    let web_push = WebPush::new(settings.egress, key);
    let sender = Sender::new(fcm, web_push, Recipients::new(aws.dynamodb(), settings.recipients), now);
    let (engine, sender) = (&engine, &sender);
    let membership =
        &Membership::new(&sender.fcm, &sender.recipients, &engine.retry, engine.schedule.clone());
    let directly = &Directly::new(engine, sender)?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let deadline = Millis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        let handle = async |message: DeliveryMessage| match message {
            DeliveryMessage::V1(deliver) => engine.deliver(sender, &deliver, deadline).await,
            DeliveryMessage::Direct(direct) => directly.work(&direct, deadline).await,
            DeliveryMessage::Topics(topics) => {
                membership.work(&topics, time_left::until(now, deadline)).await
            }
        };
        Ok::<_, std::convert::Infallible>(process(event.payload, handle, async |_| Vec::new()).await)
    }))
    .await
}
