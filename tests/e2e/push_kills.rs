//! Senders of push that get a job twice, or are killed at exact points of their work: a device gets a notification once, at
//! most once more for a kill, and is never forgotten.

use std::time::Duration;

use anyhow::Result;
use carillon_fakes::{Fault as Silence, Rule, Sink};
use carillon_testkit::{Fault, FaultProxy, Killer};
use carillon_tests::{failed, sqs_event};
use serde_json::json;

use crate::push_senders::{Senders, dies, done, left};
use crate::push_support::{Phones, down};

/// The least that leaves time for a request, so that the claims of the dead lapse soon.
const SHORT: Duration = Duration::from_secs(13);

#[tokio::test]
async fn a_job_that_is_delivered_again_sends_once() -> Result<()> {
    let phones = Phones::of(&["phone", "tablet"]).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let sender = senders.sender().start().await?;
    // Twice in one batch, and again later; to another sender, too.
    for batch in [vec![job.as_str(), job.as_str()], vec![job.as_str()]] {
        assert!(failed(&sender.invoke(sqs_event(&batch)).await?).is_empty());
    }
    done(&senders.sender().start().await?, &job).await?;
    assert_eq!(phones.push(&id, |push| push["state"] == "sent").await?["attempts"], 1);
    for name in ["phone", "tablet"] {
        assert_eq!(phones.statuses(name).await?, [Some(200)], "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn two_senders_at_once_send_once() -> Result<()> {
    let phones = Phones::of(&["phone"]).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let (one, other) = (senders.sender().start().await?, senders.sender().start().await?);
    // The one is under way when the other gets it.
    let slow = Rule::of(Sink::Fcm).containing(&phones.token("phone")).delay(Duration::from_secs(2));
    phones.order(slow).await?;
    let overtake = async {
        phones.coming(1).await?;
        done(&other, &job).await
    };
    let (first, second) = tokio::join!(done(&one, &job), overtake);
    first?;
    second?;
    phones.push(&id, |push| push["state"] == "sent").await?;
    assert_eq!(phones.statuses("phone").await?, [Some(200)]);
    Ok(())
}

/// Kills a sender at an exact point of a push to two phones, and has the job redelivered to another until it is through:
/// how often each phone was sent to.
async fn killed(
    operation: (&str, usize),
    fault: impl Fn(Killer) -> Fault,
    rules: &[&str],
) -> Result<[usize; 2]> {
    let phones = Phones::of(&["phone", "tablet"]).await?;
    for name in rules {
        phones.order(phones.answers(name, down(1)).times(1)).await?;
    }
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let proxy = FaultProxy::start(&phones.tenant.stack.aws_endpoint_url).await?;
    let dying = senders.sender().timeout(SHORT).env("AWS_ENDPOINT_URL", proxy.endpoint()).start().await?;
    proxy.on(operation.0, operation.1, fault(dying.killer()));
    dies(&dying, &job).await?;
    let again = senders.sender().start().await?;
    done(&again, &job).await?;
    let push = senders.finish(&again, &phones.shop, &id).await?;
    assert_eq!(push["state"], "sent", "{push}");
    // Whatever else there still is of it.
    for message in senders.queue.drain().await? {
        done(&again, &message.to_string()).await?;
    }
    let mut sent = [0, 0];
    for (sent, name) in sent.iter_mut().zip(["phone", "tablet"]) {
        let statuses = phones.statuses(name).await?;
        assert!(statuses.contains(&Some(200)), "{name} is forgotten: {statuses:?}");
        *sent = statuses.len();
    }
    Ok(sent)
}

#[tokio::test]
async fn killed_before_its_claim() -> Result<()> {
    assert_eq!(killed(("UpdateItem", 1), Fault::KillBefore, &[]).await?, [1, 1]);
    Ok(())
}

#[tokio::test]
async fn killed_between_its_claim_and_the_first_request() -> Result<()> {
    assert_eq!(killed(("UpdateItem", 1), Fault::KillAfter, &[]).await?, [1, 1]);
    Ok(())
}

#[tokio::test]
async fn killed_between_the_answers_and_the_record_repeats_once() -> Result<()> {
    assert_eq!(killed(("UpdateItem", 2), Fault::KillBefore, &[]).await?, [2, 2]);
    Ok(())
}

#[tokio::test]
async fn killed_after_the_record() -> Result<()> {
    assert_eq!(killed(("UpdateItem", 2), Fault::KillAfter, &[]).await?, [1, 1]);
    Ok(())
}

#[tokio::test]
async fn killed_before_the_rest_is_enqueued() -> Result<()> {
    assert_eq!(killed(("SendMessage", 1), Fault::KillBefore, &["tablet"]).await?, [2, 2]);
    Ok(())
}

#[tokio::test]
async fn killed_between_enqueueing_the_rest_and_the_record() -> Result<()> {
    let [phone, tablet] = killed(("SendMessage", 1), Fault::KillAfter, &["tablet"]).await?;
    // The job and its rest are on the queue: whichever comes first does it for both.
    assert!((1..=2).contains(&phone) && tablet == 2, "{phone} {tablet}");
    Ok(())
}

#[tokio::test]
async fn killed_while_one_device_has_it_and_the_other_service_is_silent() -> Result<()> {
    let phones = Phones::of(&["phone", "tablet"]).await?;
    let silent = Rule::of(Sink::Fcm).containing(&phones.token("tablet")).fault(Silence::Hang).times(1);
    phones.order(silent).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let dying = senders.sender().timeout(SHORT).start().await?;
    let kill = async {
        phones.coming(2).await?;
        dying.kill().await;
        anyhow::Ok(())
    };
    let (died, killed) = tokio::join!(dies(&dying, &job), kill);
    died?;
    killed?;
    let again = senders.sender().start().await?;
    done(&again, &job).await?;
    assert_eq!(senders.finish(&again, &phones.shop, &id).await?["attempts"], 1);
    assert_eq!(phones.statuses("phone").await?, [Some(200), Some(200)]);
    assert_eq!(phones.statuses("tablet").await?, [None, Some(200)]);
    Ok(())
}

#[tokio::test]
async fn of_what_half_failed_only_the_rest_comes_back() -> Result<()> {
    let phones = Phones::of(&["phone", "tablet"]).await?;
    phones.order(phones.answers("tablet", down(1)).times(1)).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let (id, job) = senders.job().await?;
    let sender = senders.sender().start().await?;
    done(&sender, &job).await?;
    let rest = senders.queue.receive().await?;
    assert_eq!(left(&rest)?, (vec![phones.token("tablet")], 1));
    // The first job is a late double by now; so is the rest, the second time.
    for message in [&job, &rest, &rest, &job] {
        done(&sender, message).await?;
    }
    let push = phones.shop.delivery(&id, "push", "sent").await?;
    assert_eq!((&push["attempts"], push.get("until")), (&json!(2), None));
    assert_eq!(phones.statuses("phone").await?, [Some(200)]);
    assert_eq!(phones.statuses("tablet").await?, [Some(503), Some(200)]);
    Ok(())
}
