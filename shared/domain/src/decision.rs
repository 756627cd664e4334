//! What goes out, and why not.

use std::collections::BTreeMap;

use crate::{Channel, Millis, Reason};

/// What was decided for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes out.
    Send,
    /// It does not, and this is why.
    Skip(Reason),
}

/// Decides every channel of the type, in the order of the product's rules: what the request asked for, what has
/// expired, what the deployment can send. `in_app` is always sent: it cannot be narrowed away and does not
/// expire.
///
/// * `type_channels`: the type's; the result has exactly these.
/// * `requested`: narrows them, never widens them.
/// * `configured`: what this deployment has a sender for.
#[must_use]
pub fn decide(
    type_channels: &[Channel],
    requested: Option<&[Channel]>,
    configured: &[Channel],
    expires_at: Millis,
    now: Millis,
) -> BTreeMap<Channel, Decision> {
    let one = |channel: Channel| {
        if channel == Channel::InApp {
            Decision::Send
        } else if requested.is_some_and(|wanted| !wanted.contains(&channel)) {
            Decision::Skip(Reason::NotRequested)
        } else if expires_at <= now {
            Decision::Skip(Reason::Expired)
        } else if configured.contains(&channel) {
            Decision::Send
        } else {
            Decision::Skip(Reason::NotConfigured)
        }
    };
    type_channels.iter().map(|&channel| (channel, one(channel))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Channel::{Email, InApp, Push};

    const NOW: Millis = Millis(1_000);
    const LATER: Millis = Millis(2_000);

    fn push(requested: Option<&[Channel]>, configured: &[Channel], expires_at: Millis) -> Option<Decision> {
        decide(&[InApp, Push], requested, configured, expires_at, NOW).get(&Push).copied()
    }

    #[test]
    fn a_channel_is_sent_or_says_why_not() {
        assert_eq!(push(None, &[Push], LATER), Some(Decision::Send));
        assert_eq!(push(Some(&[Push]), &[Push], LATER), Some(Decision::Send));
        assert_eq!(push(Some(&[Email]), &[Push], LATER), Some(Decision::Skip(Reason::NotRequested)));
        assert_eq!(push(None, &[Push], NOW), Some(Decision::Skip(Reason::Expired)));
        assert_eq!(push(None, &[], LATER), Some(Decision::Skip(Reason::NotConfigured)));
    }

    #[test]
    fn a_request_never_removes_in_app_and_never_widens_the_type() {
        let decided = decide(&[InApp, Push], Some(&[Email]), &[Email, Push], NOW, NOW);
        assert_eq!(decided.get(&InApp), Some(&Decision::Send));
        assert_eq!(decided.get(&Email), None);
        assert_eq!(decided.len(), 2);
    }
}
