//! `PUT /v1/recipients/{user_id}` and `POST /v1/recipients/bulk`: reading and checking profiles.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Profile;
use crate::input::{FieldError, InputError, parse_json};
use crate::validate::{email, locale, phone, zone};
use crate::{JsonText, Millis, UserId};

/// Largest `attributes`, in bytes.
const MAX_ATTRIBUTES: usize = 8_192;
/// Most profiles in one call.
const MAX_PROFILES: usize = 100;

/// The body as it arrives; `user_id` only in bulk, where no path names it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutProfile {
    user_id: Option<UserId>,
    email: Option<String>,
    email_verified: Option<bool>,
    phone: Option<String>,
    locale: Option<String>,
    timezone: Option<String>,
    #[serde(default, deserialize_with = "JsonText::from_object")]
    attributes: Option<JsonText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutProfiles {
    recipients: Vec<PutProfile>,
}

/// Many profiles in one body.
#[derive(Debug)]
pub struct BulkProfiles;

impl Profile {
    /// Reads the body of a PUT, which replaces the profile. The store keeps `created_at`.
    pub fn accept(body: &[u8], now: Millis) -> Result<Self, InputError> {
        let put: PutProfile = parse_json(body)?;
        if put.user_id.is_some() {
            return Err(FieldError::new("user_id", "is given by the path").into());
        }
        Ok(put.checked(now)?)
    }
}

impl BulkProfiles {
    /// Reads `{"recipients": [{"user_id": …, …}]}`: 1 to 100 different users.
    pub fn accept(body: &[u8], now: Millis) -> Result<Vec<(UserId, Profile)>, InputError> {
        let PutProfiles { recipients } = parse_json(body)?;
        if !(1..=MAX_PROFILES).contains(&recipients.len()) {
            return Err(FieldError::new("recipients", format!("must be 1 to {MAX_PROFILES}")).into());
        }
        let mut seen = BTreeSet::new();
        let mut profiles = Vec::with_capacity(recipients.len());
        for (index, mut put) in recipients.into_iter().enumerate() {
            let here = |error: FieldError| error.below(&format!("recipients[{index}]"));
            let user = put.user_id.take().ok_or_else(|| here(FieldError::new("user_id", "is required")))?;
            if !seen.insert(user.clone()) {
                return Err(here(FieldError::new("user_id", "is there twice")).into());
            }
            profiles.push((user, put.checked(now).map_err(here)?));
        }
        Ok(profiles)
    }
}

impl PutProfile {
    fn checked(self, now: Millis) -> Result<Profile, FieldError> {
        type Check = fn(&str) -> Result<(), String>;
        let checks: [(_, _, Check); 4] = [
            ("email", &self.email, email),
            ("phone", &self.phone, phone),
            ("locale", &self.locale, locale),
            ("timezone", &self.timezone, zone),
        ];
        for (field, value, check) in checks {
            value.as_deref().map_or(Ok(()), check).map_err(|detail| FieldError::new(field, detail))?;
        }
        self.attributes.as_ref().map_or(Ok(()), attributes)?;
        Ok(Profile {
            email: self.email,
            email_verified: self.email_verified,
            phone: self.phone,
            locale: self.locale,
            timezone: self.timezone,
            attributes: self.attributes,
            created_at: now,
            updated_at: now,
        })
    }
}

/// Kept as given, but segments will read them: what only passes over as text (nested too deep, half a surrogate pair)
/// must not come in.
fn attributes(text: &JsonText) -> Result<(), FieldError> {
    let wrong = |detail: String| Err(FieldError::new("attributes", detail));
    if text.as_str().len() > MAX_ATTRIBUTES {
        return wrong(format!("must be at most {MAX_ATTRIBUTES} bytes of JSON"));
    }
    match serde_json::from_str::<serde_json::Value>(text.as_str()) {
        Ok(_) => Ok(()),
        Err(error) => wrong(format!("is not valid: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Millis = Millis(1_000);

    fn field(result: Result<impl std::fmt::Debug, InputError>) -> String {
        match result.unwrap_err() {
            InputError::Invalid(error) => error.field,
            InputError::Malformed(error) => panic!("malformed: {error}"),
        }
    }

    #[test]
    fn a_profile_is_read_and_its_attributes_are_kept_as_given() {
        let body = br#"{"email":"ann@example.com","email_verified":false,"phone":"+4930123456","locale":"zh-Hans-CN",
            "timezone":"Europe/Zurich","attributes":{"b": 1.0, "a":1e2}}"#;
        let profile = Profile::accept(body, NOW).unwrap();
        assert_eq!(profile.email_verified, Some(false));
        assert_eq!(profile.attributes.unwrap().as_str(), r#"{"b": 1.0, "a":1e2}"#);
        assert_eq!((profile.created_at, profile.updated_at), (NOW, NOW));
        let empty = Profile { created_at: NOW, updated_at: NOW, ..Profile::default() };
        for body in ["{}", r#"{"email":null,"attributes":null,"timezone":null}"#] {
            assert_eq!(Profile::accept(body.as_bytes(), NOW), Ok(empty.clone()), "{body}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let deep = format!(r#"{{"attributes":{{"a":{}{}}}}}"#, "[".repeat(500), "]".repeat(500));
        let table = [
            (r#"{"email":"ann"}"#, "email"),
            (r#"{"email_verified":"yes"}"#, "email_verified"),
            (r#"{"phone":"030 123456"}"#, "phone"),
            (r#"{"locale":"german"}"#, "locale"),
            (r#"{"timezone":"Mars/Olympus"}"#, "timezone"),
            (r#"{"attributes":[1]}"#, "attributes"),
            (r#"{"attributes":{"a":"\ud800"}}"#, "attributes"),
            (deep.as_str(), "attributes"),
            (r#"{"suppressed":[]}"#, "suppressed"),
            (r#"{"user_id":"ann"}"#, "user_id"),
            ("[]", ""),
            ("null", ""),
        ];
        for (body, named) in table {
            assert_eq!(field(Profile::accept(body.as_bytes(), NOW)), named, "{body}");
        }
        let large = json!({"attributes": {"a": "x".repeat(8_192)}}).to_string();
        assert_eq!(field(Profile::accept(large.as_bytes(), NOW)), "attributes");
        assert!(matches!(Profile::accept(b"{", NOW), Err(InputError::Malformed(_))));
    }

    #[test]
    fn many_are_read_and_errors_say_whose() {
        let bulk = |recipients: Value| {
            BulkProfiles::accept(json!({"recipients": recipients}).to_string().as_bytes(), NOW)
        };
        let read = bulk(json!([{"user_id": "ann", "locale": "de"}, {"user_id": "bob"}])).unwrap();
        assert_eq!(read.iter().map(|(user, _)| user.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
        assert_eq!(read[0].1.locale.as_deref(), Some("de"));
        let many = |n: usize| (0..n).map(|n| json!({"user_id": format!("u{n}")})).collect::<Value>();
        assert_eq!(bulk(many(100)).unwrap().len(), 100);
        let table = [
            (json!([]), "recipients"),
            (many(101), "recipients"),
            (json!([{"user_id": "ann"}, {"phone": "+4930123456"}]), "recipients[1].user_id"),
            (json!([{"user_id": "ann"}, {"user_id": "ann"}]), "recipients[1].user_id"),
            (json!([{"user_id": "a#b"}]), "recipients[0].user_id"),
            (json!([{"user_id": "ann"}, {"user_id": "bob", "phone": "1"}]), "recipients[1].phone"),
            (json!([{"user_id": "ann", "phone": 7}]), "recipients[0].phone"),
            (json!([{"user_id": "ann", "nick": "A"}]), "recipients[0].nick"),
            (json!([{"user_id": "ann", "attributes": 1}]), "recipients[0].attributes"),
        ];
        for (recipients, named) in table {
            assert_eq!(field(bulk(recipients.clone())), named, "{recipients}");
        }
    }
}
