//! Snoozing: out of lists and counts while `snoozed_until` is there, whatever the clock says, so that lists, counts and
//! the event of coming back never disagree.

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, TenantId, Ulid, mint_after};

use super::update::{Change, Update};
use super::{Inbox, Row, Scope, cutoff, purge_after};
use crate::StoreError;
use crate::item::{ms, n, s};

impl Inbox {
    /// Takes one out of lists and counts, out of the archive too; [`Inbox::wake`] brings it back. Snoozing it again until
    /// another instant makes the earlier wake-up come to nothing. It is kept until then, however old.
    pub async fn snooze(
        &self,
        scope: &Scope,
        id: &NotificationId,
        until: Millis,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let purge = purge_after(Millis::of(id.ulid), until.max(now));
        let values = || vec![(":until", ms(until)), (":purge", n(purge))];
        let from_list = || {
            let mut values = values();
            values.push((":nil", s(Ulid::nil().to_string())));
            Update::new(
                "SET snoozed_until = :until, purge_at = :purge, held = if_not_exists(unread, :nil) REMOVE unread",
                "attribute_not_exists(archived_at) AND attribute_not_exists(snoozed_until)",
                values,
            )
        };
        self.settle(scope, id, from_list(), |row| match (row.archived_at, row.snoozed_until) {
            (None, Some(already)) if already == until => None,
            (None, None) => Some(from_list()),
            // Its key is in `held` already.
            (None, Some(_)) | (Some(_), _) => Some(Update::new(
                "SET snoozed_until = :until, purge_at = :purge REMOVE archived_at",
                "attribute_exists(archived_at) OR attribute_exists(snoozed_until)",
                values(),
            )),
        })
        .await
    }

    /// Brings a snoozed one back before its time, as waking does.
    pub async fn unsnooze(
        &self,
        scope: &Scope,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let Some(Row::Live(row)) = self.get(scope, id).await? else { return Ok(None) };
        let Some(back) = back(&row, marks, now) else {
            return Ok(Some(Change { notification: *row, changed: false }));
        };
        self.settle(scope, id, back, |row| self::back(row, marks, now)).await
    }

    /// Brings back one that is snoozed until exactly this instant: it counts as unread, whatever was read meanwhile. None
    /// if there is nothing to wake and tell of: it was unsnoozed, archived or deleted, or snoozed until another instant,
    /// or it comes back past retention, into the archive.
    pub async fn wake(
        &self,
        tenant: &TenantId,
        id: &NotificationId,
        until: Millis,
        now: Millis,
    ) -> Result<Option<Box<Notification>>, StoreError> {
        let scope = Scope { tenant: tenant.clone(), user: id.user.clone(), account: None };
        let Some(Row::Live(row)) = self.get(&scope, id).await? else { return Ok(None) };
        if row.snoozed_until != Some(until) {
            return Ok(None);
        }
        let marks = self.marks(&scope).await?;
        let due = |row: &Notification| back(row, &marks, now).filter(|_| row.snoozed_until == Some(until));
        let Some(first) = due(&row) else { return Ok(None) };
        let woken = self.settle(&scope, id, first, due).await?;
        let news = woken.filter(|woken| woken.changed && woken.notification.created_at > cutoff(now));
        Ok(news.map(|woken| Box::new(woken.notification)))
    }
}

/// Back into the list, unread, with a new key behind all read-alls; what a seen-all saw by its old key stays seen.
fn back(row: &Notification, marks: &ReadMarks, now: Millis) -> Option<Update> {
    let until = row.snoozed_until?;
    let mut values = vec![
        (":until", ms(until)),
        (":unread", s(mint_after(now, marks.furthest()).to_string())),
        (":purge", n(purge_after(row.created_at, now))),
    ];
    let condition = "snoozed_until = :until";
    let seen_all = marks.seen_of(row.account_id.as_ref());
    match seen_all.filter(|mark| row.held.is_some_and(|held| held <= mark.through)) {
        None => Some(Update::new(
            "SET unread = :unread, purge_at = :purge REMOVE snoozed_until, held, read_at",
            condition,
            values,
        )),
        Some(mark) => {
            values.push((":seen", ms(mark.at)));
            Some(Update::new(
                "SET unread = :unread, purge_at = :purge, seen_at = if_not_exists(seen_at, :seen) \
                 REMOVE snoozed_until, held, read_at",
                condition,
                values,
            ))
        }
    }
}
