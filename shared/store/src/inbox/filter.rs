//! What a list can be narrowed to.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Millis, Notification, Priority};
use serde::Serialize;

use crate::StoreError;
use crate::item::{Item, s, text};

/// What every list shows: what was not deleted, and is not snoozed.
pub(super) const SHOWN: &str = "attribute_not_exists(deleted_at) AND attribute_not_exists(snoozed_until)";
/// What it shows however old it is: what is not due to be deleted (by `:seconds`), whether or not DynamoDB has come to it.
pub(super) const KEPT: &str = "purge_at > :seconds";

/// What a list is narrowed to: everything that is set must hold. The default lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// One of these types; empty: any.
    pub types: Vec<String>,
    /// One of these priorities; empty: any.
    pub priorities: Vec<Priority>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// None of these tags.
    pub exclude_tags: Vec<String>,
    /// At least one tag that starts so.
    pub tag_prefix: Option<String>,
    /// Created at this instant or later.
    pub since: Option<Millis>,
    /// Only pinned ones, or only others.
    pub pinned: Option<bool>,
}

impl Filter {
    /// Most values of one list (types, tags, …) that fit a query's expression; longer ones are checked after it.
    pub const MAX_VALUES: usize = 32;

    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it lets this one through.
    #[must_use]
    pub fn matches(&self, one: &Notification) -> bool {
        let tags = &one.content.tags;
        (self.types.is_empty() || self.types.contains(&one.content.type_key))
            && (self.priorities.is_empty() || self.priorities.contains(&one.content.priority))
            && self.tags.iter().all(|tag| tags.contains(tag))
            && !self.exclude_tags.iter().any(|tag| tags.contains(tag))
            && self.tag_prefix.as_ref().is_none_or(|prefix| tags.iter().any(|tag| tag.starts_with(prefix)))
            && self.since.is_none_or(|since| one.created_at >= since)
            && self.pinned.is_none_or(|pinned| one.pinned_at.is_some() == pinned)
    }

    /// Whether the row of this entry of `by_unread` may match.
    pub(super) fn may_match(&self, entry: &Item) -> Result<bool, StoreError> {
        let priorities = self.priority_values()?;
        let type_key = text(entry, "type").unwrap_or_default();
        let since = self.since.unwrap_or(Millis(0));
        Ok((self.types.is_empty() || self.types.iter().any(|wanted| wanted == type_key))
            && (priorities.is_empty() || entry.get("priority").is_some_and(|one| priorities.contains(one)))
            && crate::item::time(entry, "created_at").is_some_and(|created_at| created_at >= since))
    }

    /// Lets DynamoDB leave out what it can: `since` is for the key's range, and a prefix of an element of a list is
    /// nothing it knows. Answers with the terms for the filter expression.
    pub(super) fn terms(
        &self,
        mut query: QueryFluentBuilder,
    ) -> Result<(Vec<String>, QueryFluentBuilder), StoreError> {
        let mut terms = Vec::new();
        let types = self.types.iter().map(s).collect();
        for (attribute, values) in [("type", types), ("priority", self.priority_values()?)] {
            if (1..=Self::MAX_VALUES).contains(&values.len()) {
                let (names, with_values) = named(query, attribute, values);
                query = with_values.expression_attribute_names(format!("#{attribute}"), attribute);
                terms.push(format!("#{attribute} IN ({})", names.join(", ")));
            }
        }
        for (name, not, tags) in [("tag", "", &self.tags), ("without", "NOT ", &self.exclude_tags)] {
            if (1..=Self::MAX_VALUES).contains(&tags.len()) {
                let (names, with_values) = named(query, name, tags.iter().map(s).collect());
                query = with_values;
                terms.extend(names.iter().map(|name| format!("{not}contains(tags, {name})")));
            }
        }
        terms.extend(self.pinned.map(|pinned| {
            let function = if pinned { "attribute_exists" } else { "attribute_not_exists" };
            format!("{function}(pinned_at)")
        }));
        Ok((terms, query))
    }

    fn priority_values(&self) -> Result<Vec<AttributeValue>, StoreError> {
        let values = self.priorities.iter().map(serde_dynamo::to_attribute_value);
        Ok(values.collect::<Result<_, serde_dynamo::Error>>()?)
    }
}

/// Gives a query values named `:{name}{index}`.
fn named(
    mut query: QueryFluentBuilder,
    name: &str,
    values: Vec<AttributeValue>,
) -> (Vec<String>, QueryFluentBuilder) {
    let mut names = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        let name = format!(":{name}{index}");
        query = query.expression_attribute_values(&name, value);
        names.push(name);
    }
    (names, query)
}
