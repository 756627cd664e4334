//! An invocation's jobs as messages, and which record each is of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use carillon_domain::{Channel, Millis, Target, UserId, Wording, wording};
use carillon_queue::{
    Addressee, Deliver, DeliveryMessage, Dispatch, DispatchMessage, FallForward, Group, Outgoing,
    Punctuality, Queue, RecordError, Trace, pack, pack_recipients,
};
use futures::StreamExt as _;

use crate::work::{Dispatcher, Todo};

/// Schedules made at a time.
const SCHEDULES_IN_FLIGHT: usize = 16;

/// What a record's recipients came to.
pub(crate) struct Batch {
    pub(crate) message: Dispatch,
    pub(crate) todos: Vec<Todo>,
}

/// What is left to do for those who read the same words.
#[derive(Default)]
struct Alike {
    posts: Vec<(Target, Option<FallForward>)>,
    jobs: BTreeMap<Channel, Vec<Addressee>>,
}

/// Which records could not be handed on.
#[derive(Default)]
pub(crate) struct Failed(Vec<(usize, RecordError)>);

impl Failed {
    pub(crate) fn all(self) -> Vec<(usize, RecordError)> {
        self.0
    }

    pub(crate) fn add(&mut self, indexes: impl IntoIterator<Item = usize>, why: &impl ToString) {
        self.0.extend(indexes.into_iter().map(|index| (index, RecordError::Failed(why.to_string()))));
    }
}

/// Hands on everything all records left to do, and what is back from being snoozed, in as few calls as fit.
pub(crate) async fn hand_on(
    dispatcher: &Dispatcher,
    batches: Vec<(usize, Batch)>,
    mut groups: Vec<(usize, Group)>,
    failed: &mut Failed,
) {
    let now = (dispatcher.clock)();
    let mut waiting = Vec::new();
    let mut jobs: BTreeMap<Channel, Vec<(usize, DeliveryMessage)>> = BTreeMap::new();
    for (index, Batch { message, todos }) in batches {
        let mut later: BTreeMap<Millis, Vec<Target>> = BTreeMap::new();
        let repeated = todos.iter().any(|todo| todo.repeated);
        let mut alike: Vec<(Option<&Wording>, Alike)> = Vec::new();
        for todo in todos {
            if let Some((until, target)) = todo.later {
                later.entry(until).or_default().push(target);
            }
            let words = wording(&message.wordings, todo.locale.as_deref());
            let known = alike.iter().position(|(known, _)| *known == words);
            let of = match known.and_then(|known| alike.get_mut(known)) {
                Some((_, of)) => of,
                None => &mut alike.push_mut((words, Alike::default())).1,
            };
            of.posts.extend(todo.post);
            for (channel, addressee) in todo.jobs {
                of.jobs.entry(channel).or_default().push(addressee);
            }
        }
        for (words, of) in alike {
            for (channel, addressees) in of.jobs {
                let messages = deliveries(&message, words, channel, addressees);
                jobs.entry(channel).or_default().extend(messages.into_iter().map(|message| (index, message)));
            }
            groups.extend(group(&message, words, of.posts, repeated).map(|group| (index, group)));
        }
        let message = Arc::new(message);
        waiting
            .extend(later.into_iter().map(|(until, targets)| (index, Arc::clone(&message), until, targets)));
    }
    let packed = pack(groups, now);
    send(&dispatcher.realtime, packed, failed).await;
    for (channel, jobs) in jobs {
        if let Some(queue) = dispatcher.queues.of(channel) {
            send(queue, jobs.into_iter().map(|(index, message)| (vec![index], message)).collect(), failed)
                .await;
        }
    }
    // Last, and several at once: there may be as many as there are recipients, and nothing must wait for them.
    let deferred: Vec<_> = futures::stream::iter(waiting)
        .map(async |(index, message, until, targets)| {
            (index, defer(dispatcher, &message, targets, until, now).await)
        })
        .buffer_unordered(SCHEDULES_IN_FLIGHT)
        .collect()
        .await;
    for (index, outcome) in deferred {
        if let Err(error) = outcome {
            failed.add([index], &error);
        }
    }
}

impl crate::work::Queues {
    fn of(&self, channel: Channel) -> Option<&Queue> {
        match channel {
            Channel::InApp => None,
            Channel::Push => Some(&self.push),
            Channel::Email => Some(&self.email),
            Channel::Sms => Some(&self.sms),
            Channel::Webhook | Channel::Slack => Some(&self.webhook),
        }
    }
}

/// Brings recipients back at one instant, all in one message. It is named by who they are and when, so that a redelivery
/// makes the same schedule and another part of the same post another.
async fn defer(
    dispatcher: &Dispatcher,
    message: &Dispatch,
    targets: Vec<Target>,
    until: Millis,
    now: Millis,
) -> Result<(), carillon_queue::QueueError> {
    let (tenant, ulid, at) = (message.tenant.to_string(), message.ulid.to_string(), until.0.to_string());
    let users: BTreeSet<String> = targets.iter().map(|target| target.user.to_string()).collect();
    let mut name = vec![tenant.as_str(), &ulid, &at];
    name.extend(users.iter().map(String::as_str));
    let trace = Trace { attempt: 0, ..message.trace.again(now) };
    let later = Dispatch { again: true, recipients: targets, trace, ..message.clone() };
    let later = DispatchMessage::V1(Box::new(later));
    dispatcher.dispatch.send(&later, until, now, &name, Punctuality::Relaxed).await
}

fn group(
    message: &Dispatch,
    words: Option<&Wording>,
    posts: Vec<(Target, Option<FallForward>)>,
    repeated: bool,
) -> Option<Group> {
    if posts.is_empty() {
        return None;
    }
    let push: BTreeMap<UserId, FallForward> =
        posts.iter().filter_map(|(target, push)| Some((target.user.clone(), push.clone()?))).collect();
    // Of the rest, the content has it.
    let of_push = |words: &Wording| Wording { title: None, body: None, ..words.clone() };
    let wording = words.map(of_push).filter(|words| !push.is_empty() && *words != Wording::default());
    Some(Group {
        tenant: message.tenant.clone(),
        ulid: message.ulid,
        content: message.content.worded(words),
        wording,
        recipients: posts.into_iter().map(|(target, _)| target).collect(),
        only: Vec::new(),
        push,
        repeated,
    })
}

/// One content for some recipients on one channel.
fn deliveries(
    message: &Dispatch,
    words: Option<&Wording>,
    channel: Channel,
    addressees: Vec<Addressee>,
) -> Vec<DeliveryMessage> {
    let content = match channel {
        Channel::Push => message.content.pushed(words),
        Channel::InApp | Channel::Email | Channel::Sms | Channel::Webhook | Channel::Slack => {
            message.content.worded(words)
        }
    };
    let deliver = |recipients| Deliver {
        tenant: message.tenant.clone(),
        ulid: message.ulid,
        channel,
        content: content.clone(),
        recipients,
        // As old as what it comes of: done again, it must not pass for newer than what a sender left for later.
        trace: Trace::starting(message.trace.enqueued_at),
    };
    let parts = pack_recipients(addressees, |addressee| addressee);
    parts.into_iter().map(|recipients| DeliveryMessage::V1(Box::new(deliver(recipients)))).collect()
}

async fn send<M: serde::Serialize>(queue: &Queue, messages: Vec<(Vec<usize>, M)>, failed: &mut Failed) {
    let mut outgoing = Vec::new();
    let mut records = Vec::new();
    for (indexes, message) in messages {
        match Outgoing::new(&message, 0) {
            Ok(ready) => {
                outgoing.push(ready);
                records.push(indexes);
            }
            Err(error) => failed.add(indexes, &error),
        }
    }
    for (message, error) in queue.send_all(&outgoing).await {
        failed.add(records.get(message).cloned().unwrap_or_default(), &error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Dispatch {
        let message = serde_json::json!({
            "tenant": "acme", "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "producer": "shop", "channels": ["push"],
            "content": {"type": "t", "category": "system", "priority": "low", "title": "T", "expires_at": 9},
            "recipients": [], "trace": {"enqueued_at": 7, "attempt": 3},
        });
        serde_json::from_value(message).unwrap()
    }

    fn addressee() -> Addressee {
        let addressee = serde_json::json!({"user": "ann", "address": {"devices": []}});
        serde_json::from_value(addressee).unwrap()
    }

    #[test]
    fn every_channel_says_it_in_its_words() {
        let words = serde_json::json!({"title": "Titel", "push_title": "Kurz"});
        let words: Wording = serde_json::from_value(words).unwrap();
        let title = |channel| {
            let jobs = deliveries(&message(), Some(&words), channel, vec![addressee()]);
            let [DeliveryMessage::V1(job)] = jobs.as_slice() else { panic!("{jobs:?}") };
            job.content.title.clone()
        };
        let all = [Channel::Push, Channel::Email, Channel::Sms, Channel::Webhook].map(title);
        assert_eq!(all, ["Kurz", "Titel", "Titel", "Titel"]);
        let target = |user: &str| serde_json::from_value(serde_json::json!({"user": user})).unwrap();
        let push = FallForward { devices: Vec::new(), locale: None };
        let posts = vec![(target("ann"), None), (target("bob"), Some(push))];
        let posted = group(&message(), Some(&words), posts.clone(), false).unwrap();
        assert_eq!(posted.content.title, "Titel");
        let of_push = Wording { push_title: Some(String::from("Kurz")), ..Wording::default() };
        assert_eq!(posted.wording, Some(of_push), "for bob's push");
        let posted = group(&message(), Some(&words), posts[..1].to_vec(), false).unwrap();
        assert_eq!(posted.wording, None, "no push waits");
    }

    #[test]
    fn a_job_is_as_old_as_what_it_comes_of() {
        let (message, addressee) = (message(), addressee());
        let jobs = deliveries(&message, None, Channel::Push, vec![addressee]);
        let [DeliveryMessage::V1(job)] = jobs.as_slice() else { panic!("{jobs:?}") };
        assert_eq!((job.trace.enqueued_at, job.trace.attempt), (Millis(7), 0));
    }
}
