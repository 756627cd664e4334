//! A filter, and what it means.

use carillon_domain::{Millis, Priority};
use carillon_store::Filter;
use proptest::prelude::*;

use super::one::One;

/// What lists are narrowed to: everything that is set must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    type_key: Option<&'static str>,
    priorities: Vec<Priority>,
    tag: Option<&'static str>,
    without: Option<&'static str>,
    prefix: Option<&'static str>,
    /// So many milliseconds ago.
    since: Option<i64>,
    pinned: Option<bool>,
}

/// What [`super::step`] gives to what it puts.
pub(super) const TAGS: [&str; 3] = ["folder:inbox", "folder:spam", "vip"];
pub(super) const PRIORITIES: [Priority; 3] = [Priority::Low, Priority::Normal, Priority::Critical];

/// Mostly few conditions, so that something is left.
pub(super) fn wanted() -> impl Strategy<Value = Wanted> {
    let rarely = |some: BoxedStrategy<&'static str>| prop::option::weighted(0.2, some);
    let tag = || prop::sample::select(&TAGS[..]).boxed();
    let prefix = prop::sample::select(&["folder:", "v", "x"][..]).boxed();
    let types = prop::sample::select(&["alert", "booking"][..]).boxed();
    let priorities = prop::sample::subsequence(&PRIORITIES[..], 0..=2);
    let since = prop::option::weighted(0.2, 0..50 * 24 * 3_600_000_i64);
    let pinned = prop::option::weighted(0.2, any::<bool>());
    (rarely(types), priorities, rarely(tag()), rarely(tag()), rarely(prefix), since, pinned).prop_map(
        |(type_key, priorities, tag, without, prefix, since, pinned)| Wanted {
            type_key,
            priorities,
            tag,
            without,
            prefix,
            since,
            pinned,
        },
    )
}

impl Wanted {
    pub(super) fn filter(&self, now: Millis) -> Filter {
        let words = |word: Option<&str>| word.map(str::to_owned).into_iter().collect();
        Filter {
            types: words(self.type_key),
            priorities: self.priorities.clone(),
            tags: words(self.tag),
            exclude_tags: words(self.without),
            tag_prefix: self.prefix.map(str::to_owned),
            since: self.since.map(|ago| now.plus_millis(-ago)),
            pinned: self.pinned,
        }
    }

    pub(super) fn lets_through(&self, one: &One, now: Millis) -> bool {
        let has = |tag: &str| one.tags.iter().any(|own| own == tag);
        self.type_key.is_none_or(|wanted| one.type_key == wanted)
            && (self.priorities.is_empty() || self.priorities.contains(&one.priority))
            && self.tag.is_none_or(has)
            && !self.without.is_some_and(has)
            && self.prefix.is_none_or(|prefix| one.tags.iter().any(|own| own.starts_with(prefix)))
            && self.since.is_none_or(|ago| one.created >= now.plus_millis(-ago))
            && self.pinned.is_none_or(|wanted| one.pinned == wanted)
    }
}
