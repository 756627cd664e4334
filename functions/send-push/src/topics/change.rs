//! What differs, and telling it.

use std::collections::{BTreeMap, BTreeSet};

use carillon_domain::{GoneDevice, TenantId, UserId, may_subscribe};
use carillon_store::{DeviceRef, Scope, StoreError, Told};
use futures::future::{join_all, try_join_all};

use super::{Left, Membership};
use crate::fcm::{MOST, Member, Trouble, topic};
use crate::time_left::TimeLeft;

/// One device that joins or leaves one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Whose, and what its row is called; none of a device that is nobody's.
    pub(super) owner: Option<(UserId, String)>,
    pub(super) token: String,
    /// The tenant's own name of it.
    pub(super) topic: String,
    pub(super) join: bool,
}

/// By user and device: the topics.
type ByDevice = BTreeMap<(UserId, String), BTreeSet<String>>;

impl Change {
    /// It leaves all topics.
    pub(super) fn of_nobody(gone: &GoneDevice) -> impl Iterator<Item = Self> {
        gone.topics.iter().map(|topic| Self {
            owner: None,
            token: gone.token.clone(),
            topic: topic.clone(),
            join: false,
        })
    }
}

/// What is to be told of a user's devices. Pure.
pub(super) fn changes(user: &UserId, membership: &carillon_store::Membership) -> Vec<Change> {
    let may = |topic: &&String| may_subscribe(&membership.recipient, topic);
    let wanted: BTreeSet<String> = membership.topics.iter().filter(may).cloned().collect();
    let mut changes = Vec::new();
    for device in &membership.devices {
        let sure: BTreeSet<String> = device.told.difference(&device.unsure).cloned().collect();
        let all: BTreeSet<String> = device.told.union(&device.unsure).cloned().collect();
        let change = |topic: &String, join| Change {
            owner: Some((user.clone(), device.hash.clone())),
            token: device.token.clone(),
            topic: topic.clone(),
            join,
        };
        changes.extend(wanted.difference(&sure).map(|topic| change(topic, true)));
        changes.extend(all.difference(&wanted).map(|topic| change(topic, false)));
    }
    changes
}

fn by_device<'a>(changes: impl Iterator<Item = &'a Change>) -> ByDevice {
    let mut devices = ByDevice::new();
    for change in changes {
        if let Some(owner) = &change.owner {
            devices.entry(owner.clone()).or_default().insert(change.topic.clone());
        }
    }
    devices
}

impl Membership<'_> {
    /// Tells FCM, and notes what it was told; answers for whom it is to be looked again.
    pub(super) async fn apply(
        &self,
        tenant: &TenantId,
        mut changes: Vec<Change>,
        left: &mut Left,
        time: TimeLeft,
    ) -> Result<BTreeSet<UserId>, StoreError> {
        let joining = by_device(changes.iter().filter(|change| change.join));
        let lost = self.note(tenant, joining, Told::Joining).await?;
        changes
            .retain(|change| !change.join || change.owner.as_ref().is_none_or(|owner| !lost.contains(owner)));
        let mut calls: BTreeMap<(String, bool), Vec<Change>> = BTreeMap::new();
        for change in changes {
            calls.entry((change.topic.clone(), change.join)).or_default().push(change);
        }
        let calls = calls
            .into_values()
            .flat_map(|same| same.chunks(MOST).map(<[Change]>::to_vec).collect::<Vec<_>>());
        let told = join_all(calls.map(async |same| {
            let answer = self.call(tenant, &same, time).await;
            (same, answer)
        }))
        .await;
        let (mut done, mut dead) = (Vec::new(), Vec::new());
        for (same, answer) in told {
            let members = match answer {
                Ok(members) => members,
                Err(trouble) => {
                    leave(left, &same, trouble);
                    continue;
                }
            };
            for (change, member) in same.into_iter().zip(members) {
                match member {
                    Member::Done => done.push(change),
                    Member::Gone => dead.push(change),
                    Member::Retry(failure) => leave(left, &[change], Trouble::Passing(failure)),
                    Member::Refused(detail) => tracing::warn!(detail, "a device cannot be in a topic"),
                }
            }
        }
        self.remove(tenant, dead).await?;
        let joined = by_device(done.iter().filter(|change| change.join));
        let out = by_device(done.iter().filter(|change| !change.join));
        tracing::info!(changes = done.len(), left = left.users.len(), "FCM knows who is in which topic");
        self.note(tenant, joined, Told::In).await?;
        self.note(tenant, out, Told::Out).await?;
        Ok(done.into_iter().filter_map(|change| change.owner).map(|(user, _)| user).collect())
    }

    async fn call(&self, tenant: &TenantId, same: &[Change], time: TimeLeft) -> Result<Vec<Member>, Trouble> {
        let Some(first) = same.first() else { return Ok(Vec::new()) };
        let tokens: Vec<&str> = same.iter().map(|change| change.token.as_str()).collect();
        self.fcm.member(first.join, &topic(tenant, &first.topic), &tokens, time).await
    }

    /// Answers for devices that are no longer there.
    async fn note(
        &self,
        tenant: &TenantId,
        devices: ByDevice,
        told: Told,
    ) -> Result<BTreeSet<(UserId, String)>, StoreError> {
        let notes = devices.into_iter().map(async |(owner, topics)| {
            let _permit = self.rows.acquire().await;
            let there = self.recipients.told_topics(tenant, &owner.0, &owner.1, &topics, told).await?;
            Ok::<_, StoreError>((!there).then_some(owner))
        });
        Ok(try_join_all(notes).await?.into_iter().flatten().collect())
    }

    async fn remove(&self, tenant: &TenantId, dead: Vec<Change>) -> Result<(), StoreError> {
        let hashes: BTreeSet<(UserId, String)> = dead.into_iter().filter_map(|change| change.owner).collect();
        for (user, hash) in hashes {
            let scope = Scope { tenant: tenant.clone(), user, account: None };
            let removed = self.recipients.unregister(&scope, DeviceRef::Hash(&hash)).await?;
            tracing::info!(removed, "a device is gone");
        }
        Ok(())
    }
}

/// For later, or never.
fn leave(left: &mut Left, changes: &[Change], trouble: Trouble) {
    match trouble {
        Trouble::NoTime => {}
        Trouble::Passing(failure) => left.failed(failure),
        Trouble::Permanent(failure) => {
            tracing::warn!(detail = failure.detail, changes = changes.len(), "FCM takes no topics");
            return;
        }
    }
    for change in changes {
        match &change.owner {
            Some((user, _)) => drop(left.users.insert(user.clone())),
            None => {
                let (token, topics) = (change.token.clone(), BTreeSet::from([change.topic.clone()]));
                left.gone.push(GoneDevice { token, topics });
            }
        }
    }
}
