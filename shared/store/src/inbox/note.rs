//! What is noted of a notification besides whether it is unread: seen, clicked, opened, pinned.

use carillon_domain::{Channel, DeliveryState, Millis, Notification, NotificationId};

use super::update::{Change, Update};
use super::{Inbox, Scope};
use crate::StoreError;
use crate::item::{ms, s};

/// What a push that was opened can have been before: deliveries only move forward.
const BEFORE_OPENED: [DeliveryState; 3] =
    [DeliveryState::Sending, DeliveryState::Sent, DeliveryState::Delivered];

impl Inbox {
    /// Notes that the user saw one in a list. None if there is no such notification, here and below.
    pub async fn mark_seen(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.note(scope, id, now, "SET seen_at = :now", "attribute_not_exists(seen_at)").await
    }

    /// Notes that one was clicked, and thereby seen; the first time counts.
    pub async fn mark_clicked(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let set = "SET clicked_at = :now, seen_at = if_not_exists(seen_at, :now)";
        self.note(scope, id, now, set, "attribute_not_exists(clicked_at)").await
    }

    /// Notes that a push of one was opened, and the notification thereby seen; the delivery of the push ends so, if it
    /// was on its way: one update.
    pub async fn mark_opened(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.settle(scope, id, opened_push(now), |row| match row.deliveries.get(&Channel::Push) {
            Some(push) if BEFORE_OPENED.contains(&push.state) => Some(opened_push(now)),
            Some(_) | None => row.opened_at.is_none().then(|| opened_alone(now, row)),
        })
        .await
    }

    /// Pins one.
    pub async fn pin(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.note(scope, id, now, "SET pinned_at = :now", "attribute_not_exists(pinned_at)").await
    }

    /// Takes the pin off.
    pub async fn unpin(
        &self,
        scope: &Scope,
        id: &NotificationId,
        _now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let unpinned = Update::new("REMOVE pinned_at", "attribute_exists(pinned_at)", Vec::new());
        self.settle(scope, id, unpinned, |_| None).await
    }

    /// An update that is made once: where its condition does not hold, it already is so.
    async fn note(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
        set: &'static str,
        condition: &'static str,
    ) -> Result<Option<Change>, StoreError> {
        self.settle(scope, id, Update::new(set, condition, vec![(":now", ms(now))]), |_| None).await
    }
}

/// Of one whose push was on its way; also where an earlier opening came before the push was claimed.
fn opened_push(now: Millis) -> Update {
    let [sending, sent, delivered] = BEFORE_OPENED.map(|state| s(state.as_str()));
    Update {
        set: "SET opened_at = if_not_exists(opened_at, :now), seen_at = if_not_exists(seen_at, :now), \
              deliveries.#push.#state = :opened, deliveries.#push.#at = :now",
        condition: "deliveries.#push.#state IN (:sending, :sent, :delivered)",
        values: vec![
            (":now", ms(now)),
            (":opened", s(DeliveryState::Opened.as_str())),
            (":sending", sending),
            (":sent", sent),
            (":delivered", delivered),
        ],
        names: &[("#push", "push"), ("#state", "state"), ("#at", "at")],
    }
}

/// Of one whose push is in no state to be opened, if it has one at all.
fn opened_alone(now: Millis, row: &Notification) -> Update {
    let set = "SET opened_at = :now, seen_at = if_not_exists(seen_at, :now)";
    let Some(push) = row.deliveries.get(&Channel::Push) else {
        return Update::new(set, "attribute_not_exists(opened_at)", vec![(":now", ms(now))]);
    };
    Update {
        set,
        condition: "attribute_not_exists(opened_at) AND deliveries.#push.#state = :was",
        values: vec![(":now", ms(now)), (":was", s(push.state.as_str()))],
        names: &[("#push", "push"), ("#state", "state")],
    }
}
