//! How much of a provider's attention an invocation takes: so many requests at a time, and a pause when they are too many.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::refusal::{Refusal, RefusalKind};
use crate::time_left::TimeLeft;

/// How often a request is made in a turn while the provider wants to be asked less often.
const MOST: u32 = 8;
/// The longest pause, in milliseconds.
const LONGEST_MILLIS: i64 = 4_000;

/// Turns at a provider. Who is told to slow down makes all others wait, too: what goes on asking a provider that limits the
/// rate is refused, and spends an attempt each time.
#[derive(Debug)]
pub struct Lane {
    turns: Semaphore,
    shortest: i64,
    /// How long the next pause is.
    pause: AtomicI64,
    /// Nobody asks before then, by the invocation's clock.
    until: AtomicI64,
}

/// A turn; over when it is dropped.
#[derive(Debug)]
pub struct LaneTurn<'a> {
    lane: &'a Lane,
    /// None never happens: the semaphore is not closed.
    _permit: Option<SemaphorePermit<'a>>,
}

impl Lane {
    /// So many turns at a time, and pauses of so many milliseconds at first.
    #[must_use]
    pub fn new(at_once: usize, shortest: i64) -> Self {
        let pause = AtomicI64::new(shortest);
        Self { turns: Semaphore::new(at_once), shortest, pause, until: AtomicI64::new(i64::MIN) }
    }

    /// A turn, as soon as there is one. None: there would be no time left for a request.
    pub async fn turn(&self, time: TimeLeft) -> Option<LaneTurn<'_>> {
        let permit = self.turns.acquire().await.ok();
        let turn = LaneTurn { lane: self, _permit: permit };
        turn.pause(time).await.then_some(turn)
    }
}

impl LaneTurn<'_> {
    /// Makes a request, again and again while the provider wants to be asked less often and there is time. None: it was not
    /// begun.
    pub async fn call<T>(
        &self,
        time: TimeLeft,
        request: impl AsyncFn() -> Result<T, Refusal>,
    ) -> Option<Result<T, Refusal>> {
        let mut last = None;
        for _ in 0..MOST {
            if !self.pause(time).await {
                break;
            }
            match request().await {
                Err(refusal) if refusal.kind == RefusalKind::Throttled => {
                    self.throttled(time);
                    last = Some(Err(refusal));
                }
                came => {
                    self.taken();
                    return Some(came);
                }
            }
        }
        last
    }

    /// Waits while the provider wants a pause. False: there would be no time left for a request.
    async fn pause(&self, time: TimeLeft) -> bool {
        loop {
            let wait = self.lane.until.load(Ordering::Relaxed).saturating_sub(time.now().0).max(0);
            if !time.enough_after(wait) {
                return false;
            }
            if wait == 0 {
                return true;
            }
            // Others may have been refused meanwhile: then it begins anew.
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
    }

    /// It did not mind: pauses become shorter.
    fn taken(&self) {
        let Lane { shortest, pause, .. } = self.lane;
        pause.store((pause.load(Ordering::Relaxed) / 2).max(*shortest), Ordering::Relaxed);
    }

    /// It said that they are too many: nobody asks for a while. Those who were under way together make one pause.
    fn throttled(&self, time: TimeLeft) {
        let Lane { pause, until, .. } = self.lane;
        let now = time.now().0;
        if until.load(Ordering::Relaxed) <= now {
            let wait = pause.load(Ordering::Relaxed);
            until.store(now.saturating_add(wait), Ordering::Relaxed);
            pause.store((wait * 2).min(LONGEST_MILLIS), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use carillon_domain::Millis;
    use futures::FutureExt as _;
    use tokio::time::Instant;

    use super::*;

    thread_local! {
        static NOW: Cell<i64> = const { Cell::new(0) };
        /// Where tokio's time counts, too: since then.
        static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    }

    fn now() -> Millis {
        let passed = SINCE.get().map_or(0, |since| since.elapsed().as_millis());
        Millis(NOW.get() + i64::try_from(passed).unwrap())
    }

    fn time() -> TimeLeft {
        TimeLeft::new(now, Millis(30_000), 12_000)
    }

    fn lane() -> Lane {
        NOW.set(0);
        Lane::new(2, 100)
    }

    #[test]
    fn only_so_many_have_a_turn() {
        let lane = lane();
        let turns = [lane.turn(time()), lane.turn(time())].map(|turn| turn.now_or_never().unwrap().unwrap());
        assert!(lane.turn(time()).now_or_never().is_none());
        drop(turns);
        assert!(lane.turn(time()).now_or_never().is_some());
    }

    #[test]
    fn pauses_become_longer_and_shorter_again() {
        let lane = lane();
        let turn = lane.turn(time()).now_or_never().unwrap().unwrap();
        let ends = |_| {
            turn.throttled(time());
            // Another that was under way with it.
            turn.throttled(time());
            let until = lane.until.load(Ordering::Relaxed);
            let pause = until - NOW.get();
            NOW.set(until);
            pause
        };
        assert_eq!([0; 7].map(ends), [100, 200, 400, 800, 1_600, 3_200, 4_000]);
        turn.taken();
        assert_eq!(ends(0), 2_000);
        for _ in 0..10 {
            turn.taken();
        }
        assert_eq!(ends(0), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_much_is_asked_again_after_a_pause() {
        let lane = lane();
        SINCE.set(Some(Instant::now()));
        let turn = lane.turn(time()).await.unwrap();
        let asked = Cell::new(0);
        let ask = async |taken_at| {
            asked.set(asked.get() + 1);
            let (kind, code, says) = (RefusalKind::Throttled, String::from("Throttled"), String::new());
            let refusal = Refusal { kind, code, says };
            if asked.get() == taken_at { Ok(asked.get()) } else { Err(refusal) }
        };
        assert_eq!(turn.call(time(), async || ask(3).await).await, Some(Ok(3)));
        assert_eq!(now(), Millis(300));
        asked.set(0);
        let given_up = turn.call(time(), async || ask(99).await).await;
        assert_eq!(given_up.unwrap().unwrap_err().code, "Throttled");
        assert_eq!(asked.get(), 8);
        NOW.set(29_000);
        assert_eq!(turn.call(time(), async || Ok(0)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_in_a_pause_waits_for_its_end_where_there_is_time() {
        let lane = lane();
        SINCE.set(Some(Instant::now()));
        let turn = lane.turn(time()).await.unwrap();
        turn.throttled(time());
        let mut other = Box::pin(lane.turn(time()));
        assert!((&mut other).now_or_never().is_none());
        assert!(other.await.is_some());
        assert_eq!(now(), Millis(100));
        NOW.set(17_850);
        turn.throttled(time());
        assert!(!turn.pause(time()).await, "200 more would leave too little");
        assert!(lane.turn(time()).await.is_none());
    }
}
