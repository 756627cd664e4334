//! What was compiled of the latest templates.

use std::collections::HashMap;
use std::sync::Arc;

use carillon_domain::TenantId;
use parking_lot::Mutex;

use crate::compiled::Compiled;

/// Most bytes of documents and what was compiled of them; the latest one is kept however large it is.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Tenant, type (none: the default content) and the tag its sections are written under.
pub(crate) type Key = (TenantId, Option<String>, Option<String>);

/// Least recently used go first.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    all: HashMap<Key, (u64, Arc<Compiled>)>,
    bytes: usize,
    uses: u64,
}

impl Cache {
    /// What is there under a key, if it was made of the same documents.
    pub(crate) fn find(&self, key: &Key, layout: &str, content: &str) -> Option<Arc<Compiled>> {
        let mut entries = self.0.lock();
        entries.uses += 1;
        let uses = entries.uses;
        let (used, compiled) = entries.all.get_mut(key)?;
        if !compiled.is_of(layout, content) {
            return None;
        }
        *used = uses;
        Some(Arc::clone(compiled))
    }

    /// Keeps one, and drops those that have no more room.
    pub(crate) fn keep(&self, key: Key, compiled: &Arc<Compiled>) {
        let mut entries = self.0.lock();
        entries.uses += 1;
        let uses = entries.uses;
        entries.bytes += compiled.bytes();
        if let Some((_, before)) = entries.all.insert(key, (uses, Arc::clone(compiled))) {
            entries.bytes = entries.bytes.saturating_sub(before.bytes());
        }
        while entries.bytes > MAX_BYTES && entries.all.len() > 1 {
            let Some(oldest) =
                entries.all.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone())
            else {
                return;
            };
            let gone = entries.all.remove(&oldest).map_or(0, |(_, compiled)| compiled.bytes());
            entries.bytes = entries.bytes.saturating_sub(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_as_far_as_there_is_room() {
        let (layout, content) = ("<mjml><mj-body>{{ content }}</mj-body></mjml>", "x".repeat(20_000));
        let compiled = Arc::new(Compiled::new(layout, &content, "en").unwrap());
        let cache = Cache::default();
        let key = |number: usize| (TenantId::parse("acme").unwrap(), Some(format!("type_{number}")), None);
        let room = MAX_BYTES / compiled.bytes();
        for number in 0..room {
            cache.keep(key(number), &compiled);
            cache.keep(key(number), &compiled);
        }
        let there = |number: usize| cache.find(&key(number), layout, &content).is_some();
        assert!((0..room).all(there));
        assert!(there(0), "used last");
        cache.keep(key(room), &compiled);
        assert!(there(0) && !there(1) && there(2) && there(room));
        assert!(cache.find(&key(0), layout, "another").is_none(), "made of other documents");
    }
}
