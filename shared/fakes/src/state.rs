//! What the server knows.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use tokio::sync::watch;

use crate::Sink;
use crate::connections::Connections;
use crate::log::Log;
use crate::rule::Rule;

/// A request for a sink.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) now: i64,
}

impl Incoming {
    /// A header's text; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The access token that came with it.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization").strip_prefix("Bearer ")
    }

    fn contains(&self, text: &str) -> bool {
        text.is_empty()
            || self.uri.to_string().contains(text)
            || self.body.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// Watched, not locked: whoever waits for a request is told.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) log: watch::Sender<Log>,
    pub(crate) connections: watch::Sender<Connections>,
    rules: watch::Sender<Rules>,
    tokens: watch::Sender<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Rules {
    rules: Vec<(u64, Rule)>,
    last: u64,
}

impl State {
    /// A rule comes; its id.
    pub(crate) fn order(&self, rule: Rule) -> u64 {
        let mut id = 0;
        self.rules.send_modify(|rules| {
            rules.last += 1;
            id = rules.last;
            rules.rules.push((id, rule));
        });
        id
    }

    /// A rule goes; false if it was gone.
    pub(crate) fn withdraw(&self, id: u64) -> bool {
        self.rules.send_if_modified(|rules| {
            let before = rules.rules.len();
            rules.rules.retain(|(each, _)| *each != id);
            rules.rules.len() < before
        })
    }

    /// The rule for a request, of whose times one is used up.
    pub(crate) fn rule_for(&self, sink: Sink, incoming: &Incoming) -> Option<Rule> {
        let mut hit = None;
        self.rules.send_modify(|rules| {
            let fits = |rule: &Rule| rule.sink == sink && incoming.contains(&rule.contains);
            let Some(at) = rules.rules.iter().position(|(_, rule)| fits(rule) && rule.times != Some(0))
            else {
                return;
            };
            if let Some((_, rule)) = rules.rules.get_mut(at) {
                rule.times = rule.times.map(|times| times - 1);
                hit = Some(rule.clone());
            }
            rules.rules.retain(|(_, rule)| rule.times != Some(0));
        });
        hit
    }

    /// From now on an access token is good.
    pub(crate) fn issue(&self, token: &str) {
        self.tokens.send_modify(|tokens| {
            tokens.insert(token.to_owned());
        });
    }

    /// Whether an access token is of this server.
    pub(crate) fn issued(&self, token: &str) -> bool {
        self.tokens.borrow().contains(token)
    }

    /// None is good any more.
    pub(crate) fn revoke(&self) {
        self.tokens.send_modify(BTreeSet::clear);
    }
}
