//! Every change after every other: what a row may never be, whatever came before.

use std::collections::BTreeMap;

use carillon_domain::{Millis, Notification, NotificationId, ReadMarks};
use carillon_store::{Change, Row, Scope, View};

use crate::support::{DAY, Fixture, T0, fixture, notification, tenant, user};

/// A change that a user can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Read,
    Unread,
    Archive,
    Unarchive,
    Seen,
    Clicked,
    Opened,
    Pin,
    Unpin,
    Snooze,
    SnoozeLonger,
    Unsnooze,
}

pub(crate) const OPS: [Op; 12] = [
    Op::Read,
    Op::Unread,
    Op::Archive,
    Op::Unarchive,
    Op::Seen,
    Op::Clicked,
    Op::Opened,
    Op::Pin,
    Op::Unpin,
    Op::Snooze,
    Op::SnoozeLonger,
    Op::Unsnooze,
];

impl Fixture {
    pub(crate) async fn row(&self, id: &NotificationId) -> Notification {
        match self.inbox.get(&self.ann, id).await.unwrap() {
            Some(Row::Live(live)) => *live,
            other => unreachable!("{other:?}"),
        }
    }

    pub(crate) async fn op(&self, scope: &Scope, op: Op, id: &NotificationId, now: Millis) -> Option<Change> {
        let marks = self.inbox.marks(scope).await.unwrap();
        self.op_by(scope, op, id, &marks, now).await
    }

    /// The same, where the marks have been read.
    pub(crate) async fn op_by(
        &self,
        scope: &Scope,
        op: Op,
        id: &NotificationId,
        marks: &ReadMarks,
        now: Millis,
    ) -> Option<Change> {
        let inbox = &self.inbox;
        let changed = match op {
            Op::Read => inbox.mark_read(scope, id, now).await,
            Op::Unread => inbox.mark_unread(scope, id, marks, now).await,
            Op::Archive => inbox.archive(scope, id, now).await,
            Op::Unarchive => inbox.unarchive(scope, id, marks, now).await,
            Op::Seen => inbox.mark_seen(scope, id, marks, now).await,
            Op::Clicked => inbox.mark_clicked(scope, id, marks, now).await,
            Op::Opened => inbox.mark_opened(scope, id, marks, now).await,
            Op::Pin => inbox.pin(scope, id, now).await,
            Op::Unpin => inbox.unpin(scope, id, now).await,
            Op::Snooze => inbox.snooze(scope, id, T0.plus_seconds(DAY), marks, now).await,
            Op::SnoozeLonger => inbox.snooze(scope, id, T0.plus_seconds(2 * DAY), marks, now).await,
            Op::Unsnooze => inbox.unsnooze(scope, id, marks, now).await,
        };
        changed.unwrap()
    }
}

/// What holds for every row of ann, and what lists and counts make of them; answers with the rows.
async fn hold(f: &Fixture) -> BTreeMap<NotificationId, Notification> {
    let marks = f.inbox.marks(&f.ann).await.unwrap();
    let rows = f.inbox.export(&f.ann.tenant, &f.ann.user, None).await.unwrap();
    assert_eq!(rows.next, None);
    let (mut current, mut unread, mut archive) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.notifications.iter().rev() {
        let (archived, snoozed) = (row.archived_at.is_some(), row.snoozed_until.is_some());
        assert!(!(archived && snoozed), "both: {row:?}");
        assert_eq!(row.held.is_some(), archived || snoozed, "{row:?}");
        assert!(!(row.unread.is_some() && (archived || snoozed || row.read_at.is_some())), "{row:?}");
        assert!(row.read_at.is_none() || row.seen_at.is_some(), "read and not seen: {row:?}");
        archive.extend(archived.then(|| row.id.clone()));
        current.extend((!archived && !snoozed).then(|| row.id.clone()));
        unread.extend((!archived && !snoozed && !row.is_read(&marks)).then(|| row.id.clone()));
    }
    assert_eq!(f.count(&f.ann, T0).await, unread.len() as u64);
    for (view, expected) in [(View::Current, current), (View::Unread, unread), (View::Archived, archive)] {
        assert_eq!(f.list(&f.ann, view, 100, T0).await, expected, "{view:?}");
    }
    rows.notifications.into_iter().map(|row| (row.id.clone(), row)).collect()
}

#[tokio::test]
async fn every_change_after_every_other_keeps_rows_lists_and_counts_in_step() {
    let mut f = fixture().await;
    for read_all in [false, true] {
        f.ann.tenant = tenant();
        let pairs = OPS.into_iter().flat_map(|first| OPS.map(|second| (first, second)));
        let mut made = Vec::new();
        for (first, second) in pairs {
            let id = f.put(T0).await;
            f.op(&f.ann, first, &id, T0.plus_seconds(1)).await.unwrap();
            made.push((id, first, second));
        }
        hold(&f).await;
        if read_all {
            assert!(f.inbox.read_all(&f.ann, T0.plus_seconds(2)).await.unwrap());
            hold(&f).await;
        }
        let mut changes = Vec::new();
        for (id, first, second) in made {
            let change = f.op(&f.ann, second, &id, T0.plus_seconds(3)).await.unwrap();
            changes.push((change.notification, second, format!("{first:?}, {second:?}, {read_all}")));
        }
        let rows = hold(&f).await;
        for (row, second, how) in changes {
            assert_eq!(rows.get(&row.id), Some(&row), "{how}: the answer is the row");
            let again = f.op(&f.ann, second, &row.id, T0.plus_seconds(4)).await.unwrap();
            assert_eq!(again, Change { notification: row, changed: false }, "{how}: twice is once");
        }
    }
}

#[tokio::test]
async fn changes_at_the_same_time_never_leave_a_row_half_changed() {
    let f = fixture().await;
    for _ in 0..10 {
        let id = f.put(T0).await;
        let ops = [Op::Archive, Op::Snooze, Op::Read, Op::Unarchive, Op::Unread, Op::Unsnooze, Op::Archive];
        let all = ops.map(|op| f.op(&f.ann, op, &id, T0.plus_seconds(1)));
        futures::future::join_all(all).await;
    }
    hold(&f).await;
}

#[tokio::test]
async fn no_change_reaches_what_is_not_the_scopes_or_not_there() {
    let f = fixture().await;
    let id = f.put_as(&notification("ann", Some("work"), T0, T0)).await;
    let gone = f.put(T0).await;
    f.inbox.delete(&f.ann, &gone, T0).await.unwrap().unwrap();
    let never = notification("ann", None, T0, T0).id;
    let others = [
        f.ann_at("home"),
        Scope { tenant: tenant(), ..f.ann.clone() },
        Scope { user: user("bob"), ..f.ann.clone() },
    ];
    let before = f.row(&id).await;
    for op in OPS {
        for other in &others {
            assert_eq!(f.op(other, op, &id, T0).await, None, "{op:?} {other:?}");
        }
        for id in [&gone, &never] {
            assert_eq!(f.op(&f.ann, op, id, T0).await, None, "{op:?}");
        }
    }
    assert_eq!(f.row(&id).await, before);
    assert!(matches!(f.inbox.get(&f.ann, &gone).await.unwrap(), Some(Row::Gone(_))));
    assert_eq!(f.inbox.get(&f.ann, &never).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_of_what_is_in_the_list_is_one_update_whatever_marks_there_are() {
    let f = fixture().await;
    let ops = [Op::Read, Op::Archive, Op::Seen, Op::Clicked, Op::Pin, Op::Snooze];
    for (turn, at) in (0..).map(|turn| T0.plus_seconds(10 * turn)).take(4).enumerate() {
        // Stored a little later than they were made, as things are.
        let rows = ops.map(|_| notification("ann", None, at, at.plus_millis(50)));
        let made = futures::future::join_all(rows.iter().map(|row| f.put_as(row))).await;
        match turn {
            0 | 3 => {}
            1 => assert!(f.inbox.seen_all(&f.ann, at.plus_seconds(1)).await.unwrap()),
            _ => assert!(f.inbox.read_all(&f.ann, at.plus_seconds(1)).await.unwrap()),
        }
        let marks = f.inbox.marks(&f.ann).await.unwrap();
        for (op, id) in ops.into_iter().zip(&made) {
            f.target.calls().reset();
            let changed = f.op_by(&f.ann, op, id, &marks, at.plus_seconds(2)).await.unwrap().changed;
            let was_seen = op == Op::Seen && (turn == 1 || turn == 2);
            assert_eq!((changed, f.target.calls().total()), (!was_seen, 1), "{op:?}, {turn}");
        }
    }
}
