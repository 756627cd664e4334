//! Snoozing: out of lists and counts while `snoozed_until` is there, whatever the clock says, so that lists, counts and
//! the event of coming back never disagree.

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks, TenantId, mint_after};

use super::told::{Told, between};
use super::update::{Change, Update};
use super::{Inbox, Row, Scope, cutoff, purge_after};
use crate::StoreError;
use crate::item::{ms, n, s};

impl Inbox {
    /// Takes one out of lists and counts, out of the archive too; [`Inbox::wake`] brings it back. Snoozing it again until
    /// another instant makes the earlier wake-up come to nothing. It is kept until then, however old. What the marks say of
    /// it is written down, because no mark reaches it while it is away.
    pub async fn snooze(
        &self,
        scope: &Scope,
        id: &NotificationId,
        until: Millis,
        marks: &ReadMarks,
        now: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let purge = purge_after(Millis::of(id.ulid), until.max(now));
        let away = |told: Told| {
            let frozen = (":frozen", s(Notification::FROZEN.to_string()));
            let mut values = told.with([(":until", ms(until)), (":purge", n(purge)), frozen]);
            values.extend(told.read_at.map(|at| (":read", ms(at))));
            values.extend(told.seen_at.map(|at| (":seen", ms(at))));
            let mut set = String::from("SET snoozed_until = :until, purge_at = :purge, held = :frozen");
            if told.read_at.is_some() {
                set.push_str(", read_at = if_not_exists(read_at, :read)");
            }
            if told.seen_at.is_some() {
                set.push_str(", seen_at = if_not_exists(seen_at, :seen)");
            }
            set.push_str(" REMOVE unread, archived_at");
            let condition = concat!(
                "attribute_not_exists(snoozed_until) AND (attribute_exists(read_at) OR (",
                between!(),
                "))"
            );
            Update::new(set, condition, values)
        };
        self.settle(scope, id, away(Told::guess(scope, id, marks)), |row| match row.snoozed_until {
            Some(already) if already == until => None,
            Some(_) => Some(Update::new(
                "SET snoozed_until = :until, purge_at = :purge",
                "attribute_exists(snoozed_until)",
                vec![(":until", ms(until)), (":purge", n(purge))],
            )),
            None => Some(away(Told::of(row, marks))),
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

/// Back into the list, unread, with a new key behind all read-alls.
fn back(row: &Notification, marks: &ReadMarks, now: Millis) -> Option<Update> {
    let values = vec![
        (":until", ms(row.snoozed_until?)),
        (":unread", s(mint_after(now, marks.furthest()).to_string())),
        (":purge", n(purge_after(row.created_at, now))),
    ];
    Some(Update::new(
        "SET unread = :unread, purge_at = :purge REMOVE snoozed_until, held, read_at",
        "snoozed_until = :until",
        values,
    ))
}
