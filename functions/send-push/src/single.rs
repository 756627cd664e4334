//! A value that many need and one fetches.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// Fetched by one caller at a time. Whoever waited for a fetch takes what came of it, be it a failure: a hundred
/// devices that wait for a server that hangs do not each wait for it anew.
#[derive(Debug)]
pub(crate) struct Single<T, E> {
    state: Mutex<State<T, E>>,
    /// How many fetches have ended.
    round: AtomicU64,
}

#[derive(Debug)]
struct State<T, E> {
    /// What was fetched last; a fetch that failed leaves it.
    value: Option<T>,
    /// Why the last fetch failed, if it did.
    failure: Option<E>,
}

impl<T: Clone, E: Clone> Single<T, E> {
    /// Empty.
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { value: None, failure: None }), round: AtomicU64::new(0) }
    }

    /// What is here if it is `good`, else what `fetch` makes of it. The fetch is handed what was here before, good or not.
    pub(crate) async fn get<F: Future<Output = Result<T, E>>>(
        &self,
        good: impl FnOnce(&T) -> bool,
        fetch: impl FnOnce(Option<T>) -> F,
    ) -> Result<T, E> {
        let round = self.round.load(Ordering::Relaxed);
        let mut state = self.state.lock().await;
        if let Some(value) = state.value.as_ref().filter(|value| good(value)) {
            return Ok(value.clone());
        }
        if self.round.load(Ordering::Relaxed) != round {
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            if let Some(value) = &state.value {
                return Ok(value.clone());
            }
        }
        let fetched = fetch(state.value.clone()).await;
        self.round.fetch_add(1, Ordering::Relaxed);
        match &fetched {
            Ok(value) => *state = State { value: Some(value.clone()), failure: None },
            Err(failure) => state.failure = Some(failure.clone()),
        }
        fetched
    }

    /// Throws away what is here if it is this one.
    pub(crate) async fn forget(&self, this: impl FnOnce(&T) -> bool) {
        let mut state = self.state.lock().await;
        if state.value.as_ref().is_some_and(this) {
            state.value = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::future::join_all;

    use super::*;

    /// Hands the turn to the others, so that all callers wait for the one that fetches.
    async fn fetch(count: &Cell<u32>, result: Result<u32, u32>) -> Result<u32, u32> {
        count.set(count.get() + 1);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        result
    }

    #[tokio::test]
    async fn all_who_wait_take_what_one_fetched() {
        for result in [Ok(7), Err(8)] {
            let (single, count) = (Single::new(), Cell::new(0));
            let got = join_all((0..5).map(|_| single.get(|_| false, |_| fetch(&count, result)))).await;
            assert_eq!(got, [result; 5]);
            assert_eq!(count.get(), 1);
            let again = single.get(|_| true, |_| fetch(&count, Ok(9))).await;
            assert_eq!(again, if result.is_ok() { result } else { Ok(9) }, "a failure is not kept");
        }
    }

    #[tokio::test]
    async fn only_what_is_meant_is_forgotten() {
        let (single, count) = (Single::new(), Cell::new(0));
        single.get(|_| true, |_| fetch(&count, Ok(1))).await.unwrap();
        single.forget(|value| *value == 2).await;
        assert_eq!(single.get(|_| true, |_| fetch(&count, Ok(2))).await, Ok(1));
        single.forget(|value| *value == 1).await;
        assert_eq!(single.get(|_| true, |_| fetch(&count, Ok(2))).await, Ok(2));
        assert_eq!(count.get(), 2);
    }

    #[tokio::test]
    async fn who_fetches_sees_what_was_there() {
        let single = Single::<u32, u32>::new();
        assert_eq!(single.get(|_| true, |before| async move { before.ok_or(0).or(Ok(1)) }).await, Ok(1));
        assert_eq!(single.get(|_| false, |before| async move { Ok(before.unwrap_or(0) + 1) }).await, Ok(2));
    }

    #[tokio::test]
    async fn what_was_there_outlasts_a_fetch_that_failed() {
        let single = Single::<u32, u32>::new();
        single.get(|_| true, |_| async { Ok(1) }).await.unwrap();
        assert_eq!(single.get(|_| false, |_| async { Err(2) }).await, Err(2));
        assert_eq!(single.get(|_| false, |before| async move { before.ok_or(0) }).await, Ok(1));
    }

    #[tokio::test]
    async fn a_fetch_that_was_dropped_leaves_the_next_to_do_it() {
        let single = Single::<u32, u32>::new();
        let hung = single.get(|_| true, |_| std::future::pending());
        assert!(futures::poll!(std::pin::pin!(hung)).is_pending());
        assert_eq!(single.get(|_| true, |_| async { Ok(3) }).await, Ok(3));
    }
}
