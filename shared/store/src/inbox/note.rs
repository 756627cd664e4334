//! What is noted of a notification besides whether it is unread: seen, clicked, opened, pinned.

use carillon_domain::{Channel, DeliveryState, Millis, Notification, NotificationId, ReadMarks};

use super::told::{Told, between};
use super::update::{Change, Update};
use super::{Inbox, Scope};
use crate::StoreError;
use crate::item::{ms, s};

/// What a push that was opened can have been before: deliveries only move forward.
const BEFORE_OPENED: [DeliveryState; 3] =
    [DeliveryState::Sending, DeliveryState::Sent, DeliveryState::Delivered];

impl Inbox {
    /// Notes that the user saw one in a list; what a seen-all or a read-all saw was seen before. None if there is no such
    /// notification, here and below.
    pub async fn mark_seen(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let seen = |told: Told| {
            let condition = concat!("attribute_not_exists(seen_at) AND ", between!());
            Update::new("SET seen_at = :now", condition, told.with([(":now", ms(now))]))
        };
        self.settle(scope, id, seen(Told::unseen(scope, id, marks)), |row| {
            let told = Told::of(row, marks);
            (row.seen_at.is_none() && told.seen_at.is_none()).then(|| seen(told))
        })
        .await
    }

    /// Notes that one was clicked, and thereby seen; the first time counts.
    pub async fn mark_clicked(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let clicked = |told: Told| {
            Update::new(
                "SET clicked_at = :now, seen_at = if_not_exists(seen_at, :seen)",
                concat!(
                    "attribute_not_exists(clicked_at) AND (attribute_exists(seen_at) OR (",
                    between!(),
                    "))"
                ),
                told.with([(":now", ms(now)), (":seen", ms(told.seen_at.unwrap_or(now)))]),
            )
        };
        self.settle(scope, id, clicked(Told::guess(scope, id, marks)), |row| {
            row.clicked_at.is_none().then(|| clicked(Told::of(row, marks)))
        })
        .await
    }

    /// Notes that a push of one was opened, and the notification thereby seen; the delivery of the push ends so, if it
    /// was on its way: one update.
    pub async fn mark_opened(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.settle(scope, id, opened_push(now, Told::guess(scope, id, marks)), |row| {
            let told = Told::of(row, marks);
            match row.deliveries.get(&Channel::Push) {
                Some(push) if BEFORE_OPENED.contains(&push.state) => Some(opened_push(now, told)),
                Some(_) | None => row.opened_at.is_none().then(|| opened_alone(now, told, row)),
            }
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
        let pin =
            Update::new("SET pinned_at = :now", "attribute_not_exists(pinned_at)", vec![(":now", ms(now))]);
        self.settle(scope, id, pin, |_| None).await
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
}

/// Of one whose push was on its way; also where an earlier opening came before the push was claimed.
fn opened_push(now: Millis, told: Told) -> Update {
    let [sending, sent, delivered] = BEFORE_OPENED.map(|state| s(state.as_str()));
    Update {
        set: "SET opened_at = if_not_exists(opened_at, :now), seen_at = if_not_exists(seen_at, :seen), \
              deliveries.#push.#state = :opened, deliveries.#push.#at = :now"
            .into(),
        condition: concat!(
            "deliveries.#push.#state IN (:sending, :sent, :delivered) AND (attribute_exists(seen_at) OR (",
            between!(),
            "))"
        ),
        values: told.with([
            (":now", ms(now)),
            (":seen", ms(told.seen_at.unwrap_or(now))),
            (":opened", s(DeliveryState::Opened.as_str())),
            (":sending", sending),
            (":sent", sent),
            (":delivered", delivered),
        ]),
        names: &[("#push", "push"), ("#state", "state"), ("#at", "at")],
    }
}

/// Of one whose push is in no state to be opened, if it has one at all.
fn opened_alone(now: Millis, told: Told, row: &Notification) -> Update {
    let set = "SET opened_at = :now, seen_at = if_not_exists(seen_at, :seen)";
    let mut values = told.with([(":now", ms(now)), (":seen", ms(told.seen_at.unwrap_or(now)))]);
    let Some(push) = row.deliveries.get(&Channel::Push) else {
        let condition =
            concat!("attribute_not_exists(opened_at) AND (attribute_exists(seen_at) OR (", between!(), "))");
        return Update::new(set, condition, values);
    };
    values.push((":was", s(push.state.as_str())));
    Update {
        set: set.into(),
        condition: concat!(
            "attribute_not_exists(opened_at) AND deliveries.#push.#state = :was \
             AND (attribute_exists(seen_at) OR (",
            between!(),
            "))"
        ),
        values,
        names: &[("#push", "push"), ("#state", "state")],
    }
}
