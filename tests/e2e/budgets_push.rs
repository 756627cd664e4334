//! What a push costs, counted in AWS calls.

use anyhow::Result;
use carillon_fakes::fcm_error;
use carillon_testkit::{FaultProxy, RuntimeApi};
use serde_json::json;

use crate::budgets::{Calls, are, calls, counted};
use crate::push_senders::{Senders, done};
use crate::push_support::{ALWAYS, Phones, down, post};

async fn cost(sender: &RuntimeApi, proxy: &FaultProxy, message: &str) -> Result<Calls> {
    let from = proxy.seen().len();
    done(sender, message).await?;
    Ok(calls(proxy, from))
}

#[tokio::test]
async fn a_push_is_a_claim_and_an_outcome() -> Result<()> {
    // Registered today, so that nothing is noted of them.
    let phones = Phones::of(&["phone", "tablet"]).await?;
    let senders = Senders::of(&phones.tenant).await?;
    let jobs = senders.jobs(&vec![post(ALWAYS, "ann", &json!({})); 6]).await?;
    let [first, second, double, busy, refused, gone] = jobs.as_slice() else { panic!("{jobs:?}") };
    let proxy = FaultProxy::start(&phones.tenant.stack.aws_endpoint_url).await?;
    let sender = counted(senders.sender(), &phones.tenant, &proxy).await?;
    let two = ("UpdateItem", 2);
    assert_eq!(cost(&sender, &proxy, &first.1).await?, are(&[("GetSecretValue", 1), two]), "the first");
    assert_eq!(cost(&sender, &proxy, &second.1).await?, are(&[two]), "claim and outcome");
    assert_eq!(cost(&sender, &proxy, &second.1).await?, are(&[("UpdateItem", 1)]), "a double");
    // Others at once change nothing of that.
    let reply = [double.1.as_str(), double.1.as_str()];
    let from = proxy.seen().len();
    sender.invoke(carillon_tests::sqs_event(&reply)).await?;
    let both = calls(&proxy, from);
    assert_eq!(both.get("UpdateItem"), Some(&3), "one has it, the other waits for its end: {both:?}");

    phones.order(phones.answers("tablet", down(1)).times(1)).await?;
    let again = cost(&sender, &proxy, &busy.1).await?;
    assert_eq!(again, are(&[two, ("SendMessage", 1)]), "what is left is enqueued");
    phones.order(phones.answers("phone", fcm_error("INVALID_ARGUMENT")).times(1)).await?;
    phones.order(phones.answers("tablet", fcm_error("INVALID_ARGUMENT")).times(1)).await?;
    let given_up = cost(&sender, &proxy, &refused.1).await?;
    // What was said of it meanwhile is looked at before it is given up.
    assert_eq!(given_up, are(&[two, ("GetItem", 1), ("TransactWriteItems", 1)]), "a dead letter");
    phones.order(phones.answers("phone", fcm_error("UNREGISTERED"))).await?;
    let removed = cost(&sender, &proxy, &gone.1).await?;
    assert_eq!(removed.get("UpdateItem"), Some(&2), "{removed:?}");
    // Whose it is, and its rows.
    assert!(removed.values().sum::<usize>() <= 4, "{removed:?}");
    Ok(())
}
