//! Packing realtime jobs: SQS bills requests by 64 KB, so an invocation's jobs share messages.

use std::collections::BTreeMap;

use carillon_domain::Millis;

use crate::message::{Group, Realtime, RealtimeMessage, Trace};

/// Target size of a packed message, well below SQS's 1 MiB: one billed chunk, and one unit of work that a sender
/// finishes in time.
const MESSAGE_BYTES: usize = 60_000;
/// Most recipients in a message, for the same reason.
const MESSAGE_RECIPIENTS: usize = 100;

/// Packs groups into as few messages as fit. Each comes with the indexes of the groups in it, so that a message
/// that could not be sent can be traced back to its records. A group is split only where its devices make it too
/// large: without, it has at most 100 recipients and 32 KB of content; and what push says, at most 6 KB, is only there with
/// devices.
#[must_use]
pub fn pack(groups: Vec<(usize, Group)>, now: Millis) -> Vec<(Vec<usize>, RealtimeMessage)> {
    let mut packed: Vec<(Vec<usize>, Realtime)> = Vec::new();
    let mut bytes = usize::MAX;
    let mut recipients = 0;
    let parts = groups.into_iter().flat_map(|(index, group)| {
        split(group).into_iter().map(move |(size, group)| (index, size, group)).collect::<Vec<_>>()
    });
    for (index, size, group) in parts {
        let fits = bytes.saturating_add(size) <= MESSAGE_BYTES
            && recipients + group.recipients.len() <= MESSAGE_RECIPIENTS;
        match packed.last_mut() {
            Some((indexes, message)) if fits => {
                bytes += size;
                recipients += group.recipients.len();
                indexes.push(index);
                message.groups.push(group);
            }
            _ => {
                bytes = size;
                recipients = group.recipients.len();
                packed.push((vec![index], Realtime { groups: vec![group], trace: Trace::starting(now) }));
            }
        }
    }
    packed.into_iter().map(|(indexes, message)| (indexes, RealtimeMessage::Post(message))).collect()
}

/// A group in halves, until each fits or has one recipient; with its size.
fn split(group: Group) -> Vec<(usize, Group)> {
    let size = serde_json::to_string(&group).map_or(MESSAGE_BYTES, |json| json.len());
    if size <= MESSAGE_BYTES || group.push.is_empty() || group.recipients.len() < 2 {
        return vec![(size, group)];
    }
    let mut first = group;
    let others = first.recipients.split_off(first.recipients.len() / 2);
    let mut second = Group { recipients: others, push: BTreeMap::new(), ..first.clone() };
    for target in &second.recipients {
        if let Some((user, devices)) = first.push.remove_entry(&target.user) {
            second.push.insert(user, devices);
        }
    }
    split(first).into_iter().chain(split(second)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(body_bytes: usize, recipients: usize) -> Group {
        serde_json::from_value(serde_json::json!({
            "tenant": "acme", "ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "content": {"type": "t", "category": "system", "priority": "low", "title": "T",
                        "body": "x".repeat(body_bytes), "expires_at": 0},
            "recipients": (0..recipients).map(|i| serde_json::json!({"user": format!("u{i}")})).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn a_group_is_split_where_its_devices_do_not_fit() {
        let mut large = group(10, 40);
        let device = serde_json::json!({"token": "t".repeat(4_000), "platform": "ios", "created_at": 0, "last_used_at": 0});
        let devices: crate::FallForward =
            serde_json::from_value(serde_json::json!({"devices": [device]})).unwrap();
        large.push = large.recipients.iter().map(|target| (target.user.clone(), devices.clone())).collect();
        let packed = pack(vec![(7, large.clone())], Millis(0));
        assert!(packed.len() > 2);
        let mut users = Vec::new();
        for (indexes, message) in packed {
            assert_eq!(indexes, [7]);
            assert!(serde_json::to_string(&message).unwrap().len() < 64 * 1024);
            let RealtimeMessage::Post(post) = message else { unreachable!() };
            for group in post.groups {
                assert_eq!(group.push.len(), group.recipients.len());
                users.extend(group.recipients.into_iter().map(|target| target.user));
            }
        }
        assert_eq!(users, large.recipients.iter().map(|target| target.user.clone()).collect::<Vec<_>>());
    }

    #[test]
    fn the_largest_content_and_words_of_push_fit_with_one_recipient() {
        let mut largest = group(31_500, 2);
        largest.wording = Some(carillon_domain::Wording {
            push_title: Some("\"".repeat(255)),
            push_body: Some("x".repeat(carillon_domain::MAX_PUSH_BODY_BYTES)),
            ..carillon_domain::Wording::default()
        });
        let device = serde_json::json!({"token": "t".repeat(4_096), "platform": "ios", "created_at": 0, "last_used_at": 0});
        let devices = serde_json::json!({"devices": vec![device; 5]});
        let devices: crate::FallForward = serde_json::from_value(devices).unwrap();
        largest.push =
            largest.recipients.iter().map(|target| (target.user.clone(), devices.clone())).collect();
        let packed = pack(vec![(0, largest)], Millis(0));
        assert_eq!(packed.len(), 2);
        for (_, message) in packed {
            assert!(serde_json::to_string(&message).unwrap().len() < 64 * 1024);
        }
    }

    fn shapes(groups: Vec<Group>) -> Vec<Vec<usize>> {
        let numbered = groups.into_iter().enumerate().collect();
        pack(numbered, Millis(0)).into_iter().map(|(indexes, _)| indexes).collect()
    }

    #[test]
    fn small_jobs_share_a_message_and_large_ones_do_not() {
        assert_eq!(shapes(vec![group(10, 1), group(10, 1), group(10, 1)]), [vec![0, 1, 2]]);
        assert_eq!(shapes(vec![group(10, 60), group(10, 40), group(10, 1)]), [vec![0, 1], vec![2]]);
        assert_eq!(shapes(vec![group(31_000, 1), group(31_000, 1), group(10, 1)]), [vec![0], vec![1, 2]]);
        assert_eq!(shapes(vec![group(70_000, 1), group(10, 1)]), [vec![0], vec![1]]);
        assert!(shapes(Vec::new()).is_empty());
    }
}
