//! What the query string of a list asks for.

use carillon_domain::{Millis, Priority};
use carillon_http::Problem;
use carillon_store::{Filter, View};
use serde::Deserialize as _;
use serde::de::value::{Error, StrDeserializer};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;
/// Longest tag a notification may have, in characters.
const MAX_TAG: usize = 128;
/// Longest key of a type.
const MAX_TYPE: usize = 64;

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) view: View,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<String>,
}

impl Asked {
    /// Reads the parameters. What is repeatable comes in no order that matters, so its order does not outlive this:
    /// a cursor holds for the same values in any.
    pub(crate) fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let (mut unread, mut archived) = (false, false);
        let mut filter = Filter::default();
        let mut asked =
            Self { view: View::Current, filter: Filter::default(), limit: DEFAULT_LIMIT, cursor: None };
        for (name, value) in pairs {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                    asked.limit = limit.ok_or_else(|| Problem::invalid("limit", "limit must be 1 to 100"))?;
                }
                "cursor" => asked.cursor = Some(value),
                "unread_only" => unread = flag(&name, &value)?,
                "archived" => archived = flag(&name, &value)?,
                "pinned" => filter.pinned = Some(flag(&name, &value)?),
                "type" => add(&name, &mut filter.types, text(&name, value, MAX_TYPE)?)?,
                "priority" => add(&name, &mut filter.priorities, priority(&value)?)?,
                "tag" => add(&name, &mut filter.tags, text(&name, value, MAX_TAG)?)?,
                "exclude_tag" => add(&name, &mut filter.exclude_tags, text(&name, value, MAX_TAG)?)?,
                "tag_prefix" => filter.tag_prefix = Some(text(&name, value, MAX_TAG)?),
                "since" => filter.since = Some(since(&value)?),
                _ => return Err(Problem::invalid(&name, format!("{name} is not a known parameter"))),
            }
        }
        asked.view = match (unread, archived) {
            (false, false) => View::Current,
            (true, false) => View::Unread,
            (false, true) => View::Archived,
            (true, true) => {
                return Err(Problem::invalid("unread_only", "unread_only and archived exclude each other"));
            }
        };
        Ok(Self { filter, ..asked })
    }
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    value.parse().map_err(|_| Problem::invalid(name, format!("{name} must be true or false")))
}

fn text(name: &str, value: String, max: usize) -> Result<String, Problem> {
    if (1..=max).contains(&value.chars().count()) {
        Ok(value)
    } else {
        Err(Problem::invalid(name, format!("{name} must be 1 to {max} characters")))
    }
}

/// The synonyms that a post may use hold here too.
fn priority(value: &str) -> Result<Priority, Problem> {
    Priority::deserialize(StrDeserializer::<Error>::new(value))
        .map_err(|_| Problem::invalid("priority", "priority must be low, normal, high or critical"))
}

fn since(value: &str) -> Result<Millis, Problem> {
    Millis::parse(value)
        .ok_or_else(|| Problem::invalid("since", "since must be a time such as 2026-11-21T12:00:00Z"))
}

/// Adds a value once, at its place.
fn add<T: Ord>(name: &str, values: &mut Vec<T>, value: T) -> Result<(), Problem> {
    if let Err(at) = values.binary_search(&value) {
        values.insert(at, value);
    }
    if values.len() > Filter::MAX_VALUES {
        let detail = format!("{name} may be given at most {} times", Filter::MAX_VALUES);
        return Err(Problem::invalid(name, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Result<Asked, Problem> {
        Asked::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn the_query_string_is_checked_and_errors_name_the_parameter() {
        let plain = |view| Asked { view, filter: Filter::default(), limit: 20, cursor: None };
        let all = Asked { limit: 5, cursor: Some("c".into()), ..plain(View::Unread) };
        assert_eq!(ask(&[("limit", "5"), ("cursor", "c"), ("unread_only", "true")]), Ok(all));
        assert_eq!(ask(&[("unread_only", "false")]), Ok(plain(View::Current)));
        let long = "x".repeat(129);
        for (name, value) in [
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "x"),
            ("archived", "1"),
            ("pinned", ""),
            ("colour", "red"),
            ("type", ""),
            ("tag", ""),
            ("exclude_tag", &long),
            ("tag_prefix", ""),
            ("priority", "loud"),
            ("since", "yesterday"),
        ] {
            assert_eq!(ask(&[(name, value)]).unwrap_err().field.as_deref(), Some(name));
        }
        assert!(ask(&[("unread_only", "true"), ("archived", "true")]).is_err());
        let many: Vec<String> = (0..33).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|value| ("tag", value.as_str())).collect();
        assert_eq!(ask(&many).unwrap_err().field.as_deref(), Some("tag"));
        assert!(ask(&[("tag", "a"); 40]).is_ok(), "the same again is no other");
    }

    #[test]
    fn a_filter_does_not_depend_on_the_order_it_was_said_in() {
        let one = ask(&[("tag", "b"), ("priority", "alert"), ("tag", "a"), ("priority", "low")]).unwrap();
        let other =
            ask(&[("priority", "info"), ("tag", "a"), ("priority", "critical"), ("tag", "b"), ("tag", "a")]);
        assert_eq!(Ok(&one), other.as_ref());
        assert_eq!(one.filter.priorities, [Priority::Low, Priority::Critical]);
    }
}
