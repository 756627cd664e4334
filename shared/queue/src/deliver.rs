//! Packing recipients into jobs for senders.

use crate::message::Addressee;

/// Most recipients in a sender's message: what it can work through while it is not visible to others.
const RECIPIENTS: usize = 25;
/// Most bytes of their addresses in it: SQS bills by 64 KB.
const ADDRESS_BYTES: usize = 28_000;

/// Recipients of one content on one channel, or what has them, in order, in as few parts as fit in a message each.
pub fn pack_recipients<T>(
    all: impl IntoIterator<Item = T>,
    addressee: impl Fn(&T) -> &Addressee,
) -> Vec<Vec<T>> {
    let mut packed: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for one in all {
        let size = serde_json::to_string(addressee(&one)).map_or(ADDRESS_BYTES, |json| json.len());
        match packed.last_mut() {
            Some(last) if last.len() < RECIPIENTS && bytes + size <= ADDRESS_BYTES => {
                bytes += size;
                last.push(one);
            }
            _ => {
                bytes = size;
                packed.push(vec![one]);
            }
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn they_are_packed_in_order_by_count_and_size() {
        let shapes = |addresses: &[usize]| {
            let all: Vec<Addressee> = addresses
                .iter()
                .enumerate()
                .map(|(n, bytes)| json!({"user": format!("u{n}"), "address": {"email": "x".repeat(*bytes)}}))
                .map(|value| serde_json::from_value(value).unwrap())
                .collect();
            let packed = pack_recipients(all.clone(), |one| one);
            assert_eq!(packed.concat(), all);
            packed.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(shapes(&[1; 60]), [25, 25, 10]);
        assert_eq!(shapes(&[13_000, 13_000, 13_000, 40_000, 1]), [2, 1, 1, 1]);
        assert!(shapes(&[]).is_empty());
    }
}
