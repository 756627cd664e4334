//! Read or unread.

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, mint_after};
use futures::StreamExt as _;

use super::told::{Told, between};
use super::update::{Change, Update};
use super::{Inbox, Scope};
use crate::StoreError;
use crate::item::{ms, s};

/// Writes under way at a time.
const IN_FLIGHT: usize = 32;

/// What marking many as read came to.
#[derive(Debug, Default)]
pub struct ReadMany {
    /// Those that were unread, as they stand now.
    pub changed: Vec<Notification>,
    /// Why some others may be unread still. Repeating the call changes only those.
    pub failure: Option<StoreError>,
}

impl Inbox {
    /// Marks one as read, and thereby seen: one call. None if there is no such notification. One that is archived or
    /// snoozed keeps what is `held`; `read_at` counts before it. No mark is asked: of one that only a read-all had read,
    /// this is when it is read by itself.
    pub async fn mark_read(
        &self,
        scope: &Scope,
        id: &NotificationId,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        self.mark_read_by(scope, id, &ReadMarks::default(), now).await
    }

    /// Marks many as read. Others' are skipped; what a read-all has read is no change.
    pub async fn mark_read_many(
        &self,
        scope: &Scope,
        ids: Vec<NotificationId>,
        marks: &ReadMarks,
        now: Millis,
    ) -> ReadMany {
        let own = ids.into_iter().filter(|id| id.user == scope.user);
        let outcomes: Vec<_> = futures::stream::iter(own)
            .map(|id| async move { self.mark_read_by(scope, &id, marks, now).await })
            .buffered(IN_FLIGHT)
            .collect()
            .await;
        let mut many = ReadMany::default();
        for outcome in outcomes {
            match outcome {
                Ok(change) => {
                    many.changed.extend(change.filter(|one| one.changed).map(|one| one.notification))
                }
                Err(error) => many.failure = Some(error),
            }
        }
        many
    }

    async fn mark_read_by(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let read = |told: Told| {
            Update::new(
                "SET read_at = :now, seen_at = if_not_exists(seen_at, :seen) REMOVE unread",
                concat!("attribute_not_exists(read_at) AND ", between!()),
                told.with([(":now", ms(now)), (":seen", ms(told.seen_at.unwrap_or(now)))]),
            )
        };
        let first = read(Told::unread(scope, id, marks));
        self.settle(scope, id, first, |row| (!row.is_read(marks)).then(|| read(Told::of(row, marks)))).await
    }

    /// Marks one as unread again: it gets a new place in `by_unread`, after the read-all mark, so that it counts; if it
    /// is archived or snoozed, when it is back. It stays seen, since when it was: what was read was.
    pub async fn mark_unread(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let minted = mint_after(now, marks.furthest());
        let values =
            |told: Told, key| told.with([(":unread", s(key)), (":seen", ms(told.seen_at.unwrap_or(now)))]);
        let listed = |told: Told| {
            Update::new(
                "SET unread = :unread, seen_at = if_not_exists(seen_at, :seen) REMOVE read_at",
                "attribute_not_exists(archived_at) AND attribute_not_exists(snoozed_until) \
                 AND (attribute_exists(read_at) OR (unread > :after AND unread <= :through))",
                values(told, minted.to_string()),
            )
        };
        let archived = |told: Told| {
            Update::new(
                "SET held = :unread, seen_at = if_not_exists(seen_at, :seen) REMOVE read_at",
                "attribute_exists(archived_at) \
                 AND (attribute_exists(read_at) OR (held > :after AND held <= :through))",
                values(told, minted.to_string()),
            )
        };
        let snoozed = || {
            Update::new(
                "SET held = :unread REMOVE read_at",
                "attribute_exists(snoozed_until) AND attribute_exists(read_at)",
                vec![(":unread", s(Notification::FROZEN.to_string()))],
            )
        };
        self.settle(scope, id, listed(Told::read(scope, id, marks)), |row| {
            let told = Told::of(row, marks);
            row.is_read(marks).then(|| match (row.archived_at, row.snoozed_until) {
                (_, Some(_)) => snoozed(),
                (Some(_), None) => archived(told),
                (None, None) => listed(told),
            })
        })
        .await
    }
}
