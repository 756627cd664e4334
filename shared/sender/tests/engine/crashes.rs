//! Random interleavings of deliveries, redeliveries and crashes: no device is lost, and none is reached more often than once
//! and once more for each crash.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use carillon_domain::{DeliveryState, Millis};
use carillon_queue::Deliver;
use carillon_sender::{Outcome, Sending};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::queue::{Kept, Next};
use crate::support::{
    Told, World, addressee, body, devices, failed, failure, now, runtime, set_now, tokens, world,
};

const DEVICES: [&str; 4] = ["d0", "d1", "d2", "d3"];
/// Seconds until a message that was taken and not deleted is visible again.
const VISIBILITY: i64 = 180;

/// Where an invocation dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    No,
    BeforeClaim,
    AfterSend,
    AfterEnqueue,
    /// All was done, but the message was not deleted.
    AfterConclude,
}

#[derive(Debug, Clone)]
struct Step {
    /// Which of the messages.
    which: prop::sample::Index,
    crash: Crash,
    /// Which devices fail for now.
    fails: [bool; DEVICES.len()],
    /// The provider has no time for those that fail.
    later: bool,
    /// SQS delivers it to two invocations at once.
    twice: bool,
    /// It is visible again at once, whatever SQS promises.
    soon: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let crash = prop_oneof![
        3 => Just(Crash::No),
        1 => Just(Crash::BeforeClaim),
        2 => Just(Crash::AfterSend),
        2 => Just(Crash::AfterEnqueue),
        1 => Just(Crash::AfterConclude),
    ];
    let odds = prop::bool::weighted(0.2);
    (any::<prop::sample::Index>(), crash, any::<[bool; DEVICES.len()]>(), odds, odds, odds).prop_map(
        |(which, crash, fails, later, twice, soon)| Step { which, crash, fails, later, twice, soon },
    )
}

type Reached = Rc<RefCell<BTreeMap<String, u32>>>;

/// Reaches the devices that do not fail, and says so.
fn provider(reached: &Reached, fails: [bool; DEVICES.len()], later: bool) -> Told {
    let reached = Rc::clone(reached);
    Told::to(move |sending: &Sending<'_>| {
        let mut rest = sending.addressee.clone();
        let all = tokens(&rest.address);
        let (failing, taken): (Vec<String>, Vec<String>) = all
            .into_iter()
            .partition(|token| DEVICES.iter().zip(fails).any(|(name, fails)| fails && name == token));
        for token in &taken {
            *reached.borrow_mut().entry(token.clone()).or_default() += 1;
        }
        if failing.is_empty() {
            return Outcome::Sent { provider_id: None, detail: None };
        }
        rest.address = devices(&failing.iter().map(String::as_str).collect::<Vec<_>>());
        rest.reached += u32::try_from(taken.len()).unwrap();
        match later {
            true => Outcome::Later { rest },
            false => Outcome::Again { rest, failure: failure("503"), provider_id: None },
        }
    })
}

/// Takes a message off the queue when it is visible. Returns whether the invocation died having sent.
async fn take(w: &World, one: Kept, provider: &Told, step: &Step) -> bool {
    set_now(now().max(one.at));
    let bodies = [one.body.clone()];
    let mut died = false;
    let done = match step.crash {
        Crash::BeforeClaim => false,
        Crash::AfterSend | Crash::AfterEnqueue => {
            if step.crash == Crash::AfterSend {
                provider.hang.set(true);
            } else {
                w.queue.next.set(Next::TakeAndHang);
            }
            // Where it has nothing to send or to enqueue, it does not come to that.
            let done = tokio::select! {
                response = w.invoke(provider, &bodies) => failed(response).is_empty(),
                () = provider.hung.notified() => { died = true; false }
                () = w.queue.hung.notified() => { died = true; false }
            };
            provider.hang.set(false);
            w.queue.next.set(Next::Take);
            done
        }
        Crash::No | Crash::AfterConclude if step.twice => {
            let (a, b) = tokio::join!(w.invoke(provider, &bodies), w.invoke(provider, &bodies));
            failed(a).is_empty() && failed(b).is_empty() && step.crash == Crash::No
        }
        Crash::No | Crash::AfterConclude => {
            failed(w.invoke(provider, &bodies).await).is_empty() && step.crash == Crash::No
        }
    };
    if !done {
        let wait = if step.soon { 0 } else { VISIBILITY };
        w.queue.kept.borrow_mut().push(Kept { at: now().plus_seconds(wait), schedule: None, ..one });
    }
    died
}

async fn interleave(w: &World, steps: &[Step]) -> Result<(), TestCaseError> {
    w.queue.kept.borrow_mut().clear();
    let message: Deliver = w.job(vec![addressee("ann", &DEVICES)]).await;
    w.queue.kept.borrow_mut().push(Kept { body: body(&message), at: Millis(0), schedule: None });
    let reached = Reached::default();
    let mut crashes = 0;
    for step in steps {
        let one = {
            let mut kept = w.queue.kept.borrow_mut();
            if kept.is_empty() {
                break;
            }
            let which = step.which.index(kept.len());
            kept.remove(which)
        };
        let provider = provider(&reached, step.fails, step.later);
        crashes += u32::from(take(w, one, &provider, step).await);
    }
    // All is well again, and what is left is worked through in the order of its time.
    let well = provider(&reached, [false; DEVICES.len()], false);
    for round in 0.. {
        prop_assert!(round < 100, "it never ends");
        let next = {
            let mut kept = w.queue.kept.borrow_mut();
            let first = (0..kept.len()).min_by_key(|&at| kept[at].at);
            first.map(|at| kept.remove(at))
        };
        let Some(one) = next else { break };
        set_now(now().max(one.at));
        prop_assert!(failed(w.invoke(&well, &[one.body]).await).is_empty());
    }
    let state = w.push(&message, "ann").await.state;
    prop_assert!(matches!(state, DeliveryState::Sent | DeliveryState::Failed), "{state}");
    // Who could not be reached to the end is in the dead letter, and nobody else is missing.
    let dead = w.dead(&message, "ann").await;
    let given_up = dead.map(|(_, left)| tokens(&left.recipients[0].address)).unwrap_or_default();
    for device in DEVICES {
        let count = reached.borrow().get(device).copied().unwrap_or_default();
        prop_assert!(count > 0 || given_up.iter().any(|token| token == device), "{device} is lost");
        prop_assert!(count <= 1 + crashes, "{device} was reached {count} times with {crashes} crashes");
    }
    Ok(())
}

#[test]
fn no_device_is_lost_and_none_repeated_but_by_a_crash() {
    let (runtime, local) = (runtime(), tokio::task::LocalSet::new());
    let w = local.block_on(&runtime, world());
    let cases = std::env::var_os("PROPTEST_CASES").map_or(60, |_| Config::default().cases);
    let config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::with_cases(cases) };
    let sequences = prop::collection::vec(step(), 1..14);
    let done = TestRunner::new(config)
        .run(&sequences, |steps: Vec<Step>| local.block_on(&runtime, interleave(&w, &steps)));
    done.unwrap();
}
