//! Rows of an invocation: not too many at a time, and those that must be written as long as there is time.

use std::sync::Arc;
use std::time::Duration;

use carillon_domain::{Millis, mint};
use carillon_store::StoreError;
use tokio::sync::Semaphore;

use crate::engine::Engine;

/// Store calls at a time, of all recipients of an invocation. A full batch has 250 recipients, who would otherwise all
/// open a connection of their own at once; 32 calls of some milliseconds each are through them in a moment.
const IN_FLIGHT: usize = 32;
/// The first pause before a write is tried again, and the longest, in milliseconds.
const PAUSES: (i64, i64) = (200, 2_000);
/// No write is tried again later than this before the invocation must end: a call takes up to 5 s, and what is left of
/// the other recipients is enqueued after it.
const RESERVE_MILLIS: i64 = 6_000;

/// Turns at the store, of one sender.
#[derive(Debug, Clone)]
pub struct Rows(Arc<Semaphore>);

impl Default for Rows {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(IN_FLIGHT)))
    }
}

impl Rows {
    /// Works on a row when it is its turn.
    pub async fn turn<T>(&self, work: impl Future<Output = T>) -> T {
        // It is never closed, so an error is none.
        let _permit = self.0.acquire().await;
        work.await
    }
}

impl Engine {
    /// Writes what must not be lost: what was sent is sent again if nobody knows of it. Tried again until shortly before
    /// the invocation must end.
    pub async fn persist<T>(
        &self,
        deadline: Millis,
        write: impl AsyncFn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut pause, longest) = PAUSES;
        loop {
            let error = match self.rows.turn(write()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let now = (self.clock)();
            let wait = jittered(pause, now);
            if !error.retryable() || now.plus_millis(wait + RESERVE_MILLIS) > deadline {
                return Err(error);
            }
            tracing::info!(code = error.code(), wait, "a row is written again");
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
            pause = (pause * 2).min(longest);
        }
    }
}

/// Half of it to all of it, so that those who failed together do not come back together.
fn jittered(pause: i64, now: Millis) -> i64 {
    let half = pause / 2;
    let chance = mint(now).random() % u128::from(half.unsigned_abs() + 1);
    half + i64::try_from(chance).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn only_so_many_are_worked_on_at_a_time() {
        let (rows, begun) = (Rows::default(), Cell::new(0));
        let (go, gone) = tokio::sync::watch::channel(false);
        let all = (0..100).map(|_| {
            let (mut gone, begun) = (gone.clone(), &begun);
            rows.turn(async move {
                begun.set(begun.get() + 1);
                gone.wait_for(|gone| *gone).await.unwrap();
            })
        });
        let mut all = Box::pin(futures::future::join_all(all));
        assert!((&mut all).now_or_never().is_none());
        assert_eq!(begun.get(), IN_FLIGHT);
        go.send_replace(true);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(&mut all);
        assert_eq!(begun.get(), 100);
    }

    #[test]
    fn a_pause_is_half_to_all_of_it() {
        for _ in 0..100 {
            assert!((100..=200).contains(&jittered(200, Millis(0))));
        }
    }
}
