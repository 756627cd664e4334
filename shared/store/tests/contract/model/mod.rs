//! Random sequences of everything that can happen to an inbox, against a model of it that is a list in memory.

mod act;
mod check;
mod one;
mod simple;
mod step;
mod wanted;

use carillon_domain::Millis;
use carillon_store::{Inbox, Scope};
use carillon_testkit::{LocalDynamo, ManualClock};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{T0, account, tenant, user};
use simple::Simple;
use step::{Step, step};
use wanted::{Wanted, wanted};

/// The real store and the model, at the same instant.
struct Both {
    dynamo: LocalDynamo,
    clock: ManualClock,
    inbox: Inbox,
    ann: Scope,
    simple: Simple,
    now: Millis,
}

impl Both {
    async fn new() -> Self {
        let clock = ManualClock::new(u64::try_from(T0.seconds()).unwrap());
        let dynamo = LocalDynamo::start_at(&clock).await.unwrap();
        let inbox = Inbox::new(dynamo.client(), dynamo.table("Inbox"));
        let ann = Scope { tenant: tenant(), user: user("ann"), account: None };
        Self { dynamo, clock, inbox, ann, simple: Simple::default(), now: T0 }
    }

    /// What a token for this account, or for all, sees.
    fn scope(&self, name: Option<&str>) -> Scope {
        Scope { account: name.map(account), ..self.ann.clone() }
    }

    /// Time goes on, in the database too; what it is done with is deleted.
    fn pass(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
        self.clock.set(u64::try_from(self.now.seconds()).unwrap());
        self.dynamo.sweep_ttl().unwrap();
        self.simple.sweep(self.now);
    }
}

#[test]
fn any_sequence_leaves_lists_counts_and_stats_as_the_model_has_them() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Few, as each takes a second or two; `PROPTEST_CASES` asks for more.
    let cases = std::env::var_os("PROPTEST_CASES").map_or(12, |_| Config::default().cases);
    let config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::with_cases(cases) };
    let sequences = prop::collection::vec((step(), wanted()), 1..50);
    let done = TestRunner::new(config).run(&sequences, |steps: Vec<(Step, Wanted)>| {
        runtime.block_on(async {
            let mut both = Both::new().await;
            for (at, (step, wanted)) in steps.iter().enumerate() {
                both.take(step).await;
                both.compare(at, wanted).await.map_err(TestCaseError::fail)?;
            }
            both.compare_whole().await.map_err(TestCaseError::fail)
        })
    });
    done.unwrap();
}
