//! A notification in a user's inbox, as it is stored and as clients see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::{
    AccountId, Category, Content, Deliveries, JsonText, Millis, NotificationId, OrgId, Priority, Sender,
    Target,
};

/// One notification of one user. The id is not among the fields: it is the row's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Key of the row, with the tenant.
    #[serde(skip, default = "no_id")]
    pub id: NotificationId,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// Which of the user's accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Which organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<OrgId>,
    /// The `sub` of the producer's token, who may ask about it.
    pub producer: String,
    /// The time in the id.
    pub created_at: Millis,
    /// Minted when stored, or when made unread again. Present only while it may count as unread: not read by
    /// itself, not archived. It is the key of the index `by_unread`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<Ulid>,
    /// `unread` while archived or snoozed: out of the index, but not forgotten. Nil: it was read. [`Self::FROZEN`]:
    /// what the marks said was written down when it was snoozed, and no later one reaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Ulid>,
    /// When the user saw it in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Millis>,
    /// When it was read by itself (not by read-all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// When it was clicked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<Millis>,
    /// When a push of it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Millis>,
    /// When it was archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Millis>,
    /// When it was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Millis>,
    /// Until when it is out of lists and counts. It is back when this is gone, not by the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Millis>,
    /// Never touched by the inbox, as the inbox is never touched by deliveries.
    pub deliveries: Deliveries,
}

/// Placeholder until the store sets the id from the key.
fn no_id() -> NotificationId {
    // The literal keeps to the form; a parse that fails here could only be a typo caught by any test.
    #[expect(clippy::expect_used, reason = "a constant that every test of the store exercises")]
    let user = crate::UserId::parse("unset").expect("a literal user id");
    NotificationId { ulid: Ulid::nil(), user }
}

/// One read-all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// Everything with `unread` up to this is read.
    pub through: Ulid,
    /// When it was asked for.
    pub at: Millis,
}

/// How far a user's read-alls reach: the one of all accounts, and those that a token limited to an account asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadMarks {
    /// Of everything.
    pub all: Option<ReadMark>,
    /// Of one account each.
    pub accounts: BTreeMap<AccountId, ReadMark>,
    /// How far seen-all reaches, of everything.
    pub seen: Option<ReadMark>,
    /// How far seen-all reaches, of one account each.
    pub seen_accounts: BTreeMap<AccountId, ReadMark>,
}

impl ReadMarks {
    /// The mark that reaches furthest for what is of this account.
    #[must_use]
    pub fn of(&self, account: Option<&AccountId>) -> Option<ReadMark> {
        let own = account.and_then(|account| self.accounts.get(account)).copied();
        self.all.into_iter().chain(own).max_by_key(|mark| mark.through)
    }

    /// The mark of seen-all that reaches furthest for what is of this account.
    #[must_use]
    pub fn seen_of(&self, account: Option<&AccountId>) -> Option<ReadMark> {
        let own = account.and_then(|account| self.seen_accounts.get(account)).copied();
        self.seen.into_iter().chain(own).max_by_key(|mark| mark.through)
    }

    /// Whether an `unread` key of this account lies behind its mark.
    #[must_use]
    pub fn covers(&self, unread: Ulid, account: Option<&AccountId>) -> bool {
        self.of(account).is_some_and(|mark| unread <= mark.through)
    }

    /// When what has this `unread` key was read by a read-all: the earliest that is known.
    #[must_use]
    pub fn read_at(&self, unread: Ulid, account: Option<&AccountId>) -> Option<Millis> {
        let own = account.and_then(|account| self.accounts.get(account)).copied();
        earliest(self.all.into_iter().chain(own), unread)
    }

    /// When what has this `unread` key was seen by a seen-all or a read-all: who has read it has seen it.
    #[must_use]
    pub fn seen_at(&self, unread: Ulid, account: Option<&AccountId>) -> Option<Millis> {
        let own = account.and_then(|account| self.seen_accounts.get(account)).copied();
        let seen = earliest(self.seen.into_iter().chain(own), unread);
        seen.into_iter().chain(self.read_at(unread, account)).min()
    }

    /// The furthest of all: what is neither read nor seen has a key behind it.
    #[must_use]
    pub fn furthest(&self) -> Option<Ulid> {
        let accounts = self.accounts.values().chain(self.seen_accounts.values()).copied();
        accounts.chain(self.all).chain(self.seen).map(|mark| mark.through).max()
    }
}

fn earliest(marks: impl Iterator<Item = ReadMark>, unread: Ulid) -> Option<Millis> {
    marks.filter(|mark| unread <= mark.through).map(|mark| mark.at).min()
}

impl Notification {
    /// What `held` is while it is snoozed: greater than every mark.
    pub const FROZEN: Ulid = Ulid::max();

    /// What marks are compared with. None where it was read by itself and is in the list.
    #[must_use]
    pub fn key(&self) -> Option<Ulid> {
        self.unread.or(self.held)
    }

    /// A new, unread notification.
    #[must_use]
    pub fn new(
        ulid: Ulid,
        target: &Target,
        content: Content,
        producer: String,
        deliveries: Deliveries,
    ) -> Self {
        Self {
            id: NotificationId { ulid, user: target.user.clone() },
            content,
            account_id: target.account.clone(),
            org_id: target.org.clone(),
            producer,
            created_at: Millis::of(ulid),
            unread: None,
            held: None,
            seen_at: None,
            read_at: None,
            clicked_at: None,
            opened_at: None,
            archived_at: None,
            pinned_at: None,
            snoozed_until: None,
            deliveries,
        }
    }

    /// Whether it was read, by itself or by a read-all.
    #[must_use]
    pub fn is_read(&self, marks: &ReadMarks) -> bool {
        let account = self.account_id.as_ref();
        self.read_at.is_some() || self.key().is_some_and(|unread| marks.covers(unread, account))
    }

    /// As REST and the socket show it.
    #[must_use]
    pub fn view(&self, marks: &ReadMarks) -> InboxView<'_> {
        let account = self.account_id.as_ref();
        let read_at = self.read_at.or_else(|| self.key().and_then(|key| marks.read_at(key, account)));
        let seen_at = self.seen_at.or_else(|| self.key().and_then(|key| marks.seen_at(key, account)));
        // Who has read it has seen it.
        let seen_at = seen_at.or(read_at);
        let shown = |time: Option<Millis>| time.map(|time| time.to_string());
        InboxView {
            id: self.id.to_string(),
            type_key: &self.content.type_key,
            category: self.content.category,
            priority: self.content.priority,
            title: &self.content.title,
            body: &self.content.body,
            data: self.content.data.as_ref(),
            tags: &self.content.tags,
            actor_id: self.content.actor_id.as_deref(),
            sender: self.content.sender.as_ref(),
            folder: self.content.folder.as_deref(),
            account_id: self.account_id.as_ref(),
            org_id: self.org_id.as_ref(),
            action_url: self.content.action_url.as_deref(),
            image_url: self.content.image_url.as_deref(),
            created_at: self.created_at.to_string(),
            unread: read_at.is_none(),
            seen_at: shown(seen_at),
            read_at: shown(read_at),
            clicked_at: shown(self.clicked_at),
            opened_at: shown(self.opened_at),
            archived_at: shown(self.archived_at),
            pinned_at: shown(self.pinned_at),
            snoozed_until: shown(self.snoozed_until),
        }
    }
}

/// The notification as `/api` and the socket give it. Times are RFC 3339 in UTC with milliseconds; what is not
/// set is null.
#[derive(Debug, Serialize)]
pub struct InboxView<'a> {
    /// `ntf_…`
    pub id: String,
    /// The registry key.
    #[serde(rename = "type")]
    pub type_key: &'a str,
    /// From the type.
    pub category: Category,
    /// `low` … `critical`.
    pub priority: Priority,
    /// At most 255 characters.
    pub title: &'a str,
    /// Plain text; may be empty.
    pub body: &'a str,
    /// The producer's object as it was given.
    #[serde(serialize_with = "JsonText::as_object")]
    pub data: Option<&'a JsonText>,
    /// In the producer's order.
    pub tags: &'a [String],
    /// Who caused it.
    pub actor_id: Option<&'a str>,
    /// Who it says it is from.
    pub sender: Option<&'a Sender>,
    /// Mailbox folder.
    pub folder: Option<&'a str>,
    /// Which of the user's accounts.
    pub account_id: Option<&'a AccountId>,
    /// Which organisation.
    pub org_id: Option<&'a OrgId>,
    /// https or root-relative.
    pub action_url: Option<&'a str>,
    /// https or root-relative.
    pub image_url: Option<&'a str>,
    /// The time in the id.
    pub created_at: String,
    /// Whether it counts as unread (an archived one does not count, read or not).
    pub unread: bool,
    /// When the user saw it in a list; for one seen by seen-all or read, then.
    pub seen_at: Option<String>,
    /// When it was read; for one read by read-all, when read-all was last asked for.
    pub read_at: Option<String>,
    /// When it was clicked.
    pub clicked_at: Option<String>,
    /// When a push of it was opened.
    pub opened_at: Option<String>,
    /// When it was archived.
    pub archived_at: Option<String>,
    /// When it was pinned.
    pub pinned_at: Option<String>,
    /// Until when it is out of lists and counts.
    pub snoozed_until: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mint, mint_after};

    fn unread() -> Notification {
        let content = serde_json::json!({"type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9});
        let target = Target {
            user: crate::UserId::parse("ann").unwrap(),
            account: None,
            org: None,
            email: None,
            phone: None,
        };
        let ulid = mint(Millis(1_000));
        let content = serde_json::from_value(content).unwrap();
        let mut made = Notification::new(ulid, &target, content, String::from("p"), Deliveries::new());
        made.unread = Some(mint(Millis(2_000)));
        made
    }

    fn marks(through: Ulid, at: i64) -> ReadMarks {
        ReadMarks { all: Some(ReadMark { through, at: Millis(at) }), ..ReadMarks::default() }
    }

    #[test]
    fn an_accounts_read_all_reads_that_account_only() {
        let mut one = unread();
        let work = AccountId::parse("work").unwrap();
        let mark = ReadMark { through: one.unread.unwrap(), at: Millis(3_000) };
        let marks = ReadMarks { accounts: BTreeMap::from([(work.clone(), mark)]), ..ReadMarks::default() };
        assert!(!one.is_read(&marks));
        one.account_id = Some(work);
        assert!(one.is_read(&marks));
        assert_eq!(one.view(&marks).read_at.as_deref(), Some("1970-01-01T00:00:03.000Z"));
    }

    #[test]
    fn read_all_reads_what_was_stored_before_it_and_nothing_after() {
        let early = unread();
        let marks = marks(early.unread.unwrap(), 3_000);
        assert!(early.is_read(&marks));
        assert_eq!(early.view(&marks).read_at.as_deref(), Some("1970-01-01T00:00:03.000Z"));
        let mut late = unread();
        late.unread = Some(mint_after(Millis(0), marks.furthest()));
        assert!(!late.is_read(&marks), "created earlier, stored later: not born read");
    }

    #[test]
    fn archiving_keeps_whether_it_was_read() {
        let mut archived = unread();
        archived.held = archived.unread.take();
        assert!(!archived.is_read(&ReadMarks::default()));
        assert!(archived.is_read(&marks(archived.held.unwrap(), 0)));
    }
}
