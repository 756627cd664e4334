//! Filters whose results are bounded, in place of minijinja's.

use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Object, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

/// What a value weighs beside its text.
const ITEM: usize = 8;
/// What all filters of one rendering may make, and look through.
const MAX_SPENT: usize = 32 * 1024 * 1024;
/// What is made is kept for longer than what is looked through.
const MADE: usize = 4;

/// What there is no bounded version of: nobody needs it for a text, or it carries a value from one round of a loop to the next.
const REMOVED: [&str; 8] = ["batch", "chain", "format", "groupby", "indent", "pprint", "slice", "zip"];

/// Makes an environment's filters refuse what is longer than `most` bytes and longer than what it was made of.
pub(crate) fn bound(environment: &mut Environment<'_>, most: usize) {
    REMOVED.into_iter().for_each(|name| environment.remove_filter(name));
    ["namespace", "debug"].into_iter().for_each(|name| environment.remove_global(name));
    let all = [
        ("safe", Value::from_function(filters::safe)),
        ("escape", Value::from_function(filters::escape)),
        ("e", Value::from_function(filters::escape)),
        ("lower", Value::from_function(filters::lower)),
        ("upper", Value::from_function(filters::upper)),
        ("title", Value::from_function(filters::title)),
        ("capitalize", Value::from_function(filters::capitalize)),
        ("dictsort", Value::from_function(filters::dictsort)),
        ("items", Value::from_function(filters::items)),
        ("reverse", Value::from_function(filters::reverse)),
        ("trim", Value::from_function(filters::trim)),
        ("split", Value::from_function(filters::split)),
        ("lines", Value::from_function(filters::lines)),
        ("last", Value::from_function(filters::last)),
        ("min", Value::from_function(filters::min)),
        ("max", Value::from_function(filters::max)),
        ("sort", Value::from_function(filters::sort)),
        ("list", Value::from_function(filters::list)),
        ("string", Value::from_function(filters::string)),
        ("sum", Value::from_function(filters::sum)),
        ("select", Value::from_function(filters::select)),
        ("reject", Value::from_function(filters::reject)),
        ("selectattr", Value::from_function(filters::selectattr)),
        ("rejectattr", Value::from_function(filters::rejectattr)),
        ("unique", Value::from_function(filters::unique)),
    ];
    for (name, filter) in all {
        let run = move |state: &State<'_, '_>, Rest(given): Rest<Value>| {
            let largest = looked_at(state, &given)?.max(most);
            made(state, filter.call(state, &given)?, largest)
        };
        environment.add_filter(name, run);
    }
    environment.add_filter("replace", move |state: &State<'_, '_>, Rest(given): Rest<Value>| {
        let largest = looked_at(state, &given)?.max(most);
        if let [text, from, to] = given.as_slice() {
            let [text, from, to] = [text, from, to].map(|value| value.to_string());
            let found = text.matches(from.as_str()).count();
            refuse(text.len().saturating_add(found.saturating_mul(to.len())) > largest)?;
        }
        made(state, Value::from_function(filters::replace).call(state, &given)?, largest)
    });
    environment.add_filter("join", move |state: &State<'_, '_>, Rest(given): Rest<Value>| {
        let largest = looked_at(state, &given)?.max(most);
        if let [list, between] = given.as_slice() {
            let parts = list.try_iter().map_or(0, Iterator::count);
            refuse(parts.saturating_mul(between.to_string().len()) > largest)?;
        }
        made(state, Value::from_function(filters::join).call(state, &given)?, largest)
    });
    environment.add_filter("map", move |state: &State<'_, '_>, Rest(given): Rest<Value>| {
        let largest = looked_at(state, &given)?.max(most);
        let map = Value::from_function(filters::map);
        let Some((list, how)) = given.split_first().filter(|(list, _)| !list.is_undefined()) else {
            return map.call(state, &given);
        };
        // One by one, because each may become as long as all of them.
        let (mut all, mut total) = (Vec::new(), 0_usize);
        for item in list.try_iter()? {
            let mut one = vec![Value::from(vec![item])];
            one.extend_from_slice(how);
            let mapped = map.call(state, &one)?.try_iter()?.next().unwrap_or_default();
            total = total.saturating_add(weight(&mapped, largest));
            refuse(total > largest)?;
            all.push(mapped);
        }
        made(state, Value::from(all), largest)
    });
}

fn refuse(too_large: bool) -> Result<(), Error> {
    if too_large { Err(Error::new(ErrorKind::InvalidOperation, "the result is too long")) } else { Ok(()) }
}

/// What was spent on a rendering.
#[derive(Debug, Default)]
struct Spent(AtomicUsize);

impl Object for Spent {}

fn spend(state: &State<'_, '_>, weight: usize) -> Result<(), Error> {
    let spent = state.get_or_set_temp_object("carillon:spent", Spent::default);
    refuse(spent.0.fetch_add(weight, Ordering::Relaxed).saturating_add(weight) > MAX_SPENT)
}

/// The largest of what a filter is given.
fn looked_at(state: &State<'_, '_>, given: &[Value]) -> Result<usize, Error> {
    let mut largest = 0;
    for value in given {
        let weight = weight(value, MAX_SPENT);
        // A text is not looked through to know how long it is.
        spend(state, if value.kind() == ValueKind::String { ITEM } else { weight })?;
        largest = largest.max(weight);
    }
    Ok(largest)
}

fn made(state: &State<'_, '_>, value: Value, most: usize) -> Result<Value, Error> {
    let weight = weight(&value, most);
    refuse(weight > most.saturating_add(ITEM))?;
    spend(state, weight.saturating_mul(MADE))?;
    Ok(value)
}

/// About what a value is as a text, as far as that is at most so much: lists may be as long as somebody likes.
pub(crate) fn weight(value: &Value, most: usize) -> usize {
    let mut total = ITEM + value.as_bytes().map_or(0, <[u8]>::len);
    let mut waiting = vec![value.clone()];
    while let Some(value) = waiting.pop() {
        if !matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::Iterable) {
            continue;
        }
        for item in value.try_iter().into_iter().flatten() {
            let member = (value.kind() == ValueKind::Map).then(|| value.get_item(&item).unwrap_or_default());
            for part in [Some(item), member].into_iter().flatten() {
                total = total.saturating_add(ITEM + part.as_bytes().map_or(0, <[u8]>::len));
                waiting.push(part);
            }
            if total > most {
                return total;
            }
        }
    }
    total
}
