//! `POST /api/notifications/preferences/silence` and `/unsilence`: one sender or folder at a time.

use serde::Deserialize;

use super::Preferences;
use crate::input::{FieldError, InputError, parse_json};
use crate::validate::line;

/// Most senders, and most folders.
pub(super) const MAX_SILENCED: usize = 200;
/// Longest name or address, in characters.
const MAX_LENGTH: usize = 320;

/// What is silenced: `{"type": "sender", "value": "spam@example.com"}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    r#type: Silenced,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Silenced {
    Sender,
    Folder,
}

/// What may be silenced: compared exactly, so it is kept exactly.
pub(super) fn silenceable(text: &str) -> Result<(), String> {
    line(text, MAX_LENGTH)
}

impl Silence {
    /// Reads the body.
    pub fn accept(body: &[u8]) -> Result<Self, InputError> {
        let silence: Self = parse_json(body)?;
        silenceable(&silence.value).map_err(|detail| FieldError::new("value", detail))?;
        Ok(silence)
    }
}

impl Preferences {
    /// Adds to what is silenced, once. After an error the document is not to be kept.
    pub fn silence(&mut self, silence: &Silence) -> Result<(), FieldError> {
        let list = self.silenced(silence.r#type);
        if list.contains(&silence.value) {
            return Ok(());
        }
        if list.len() >= MAX_SILENCED {
            return Err(FieldError::new(
                "value",
                format!("is one too many: {MAX_SILENCED} are silenced already"),
            ));
        }
        list.push(silence.value.clone());
        if self.too_large() {
            return Err(FieldError::new("value", "is one too many: the document would be too large"));
        }
        Ok(())
    }

    /// Takes away from what is silenced.
    pub fn unsilence(&mut self, silence: &Silence) {
        self.silenced(silence.r#type).retain(|kept| *kept != silence.value);
    }

    fn silenced(&mut self, what: Silenced) -> &mut Vec<String> {
        match what {
            Silenced::Sender => &mut self.silenced_senders,
            Silenced::Folder => &mut self.silenced_folders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(what: &str, value: &str) -> Vec<u8> {
        serde_json::json!({"type": what, "value": value}).to_string().into_bytes()
    }

    #[test]
    fn silencing_is_idempotent_and_can_be_taken_back() {
        let mut preferences = Preferences::default();
        let spam = Silence::accept(&body("sender", "spam@example.com")).unwrap();
        let folder = Silence::accept(&body("folder", "[Gmail]/Promotions")).unwrap();
        for _ in 0..2 {
            preferences.silence(&spam).unwrap();
            preferences.silence(&folder).unwrap();
        }
        assert_eq!(preferences.silenced_senders, ["spam@example.com"]);
        assert_eq!(preferences.silenced_folders, ["[Gmail]/Promotions"]);
        for _ in 0..2 {
            preferences.unsilence(&spam);
        }
        assert!(preferences.silenced_senders.is_empty() && preferences.silenced_folders.len() == 1);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut preferences = Preferences::default();
        for n in 0..MAX_SILENCED {
            preferences.silence(&Silence::accept(&body("sender", &n.to_string())).unwrap()).unwrap();
        }
        let more = Silence::accept(&body("sender", "more")).unwrap();
        assert_eq!(preferences.silence(&more).unwrap_err().field, "value");
        let again = Silence::accept(&body("sender", "0")).unwrap();
        assert_eq!(preferences.silence(&again), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = "x".repeat(321);
        let table = [
            (r#"{"value":"x"}"#.into(), "type"),
            (r#"{"type":"sender"}"#.into(), "value"),
            (r#"{"type":"sender","value":"x","for":"ever"}"#.into(), "for"),
            (body("subject", "x"), "type"),
            (body("sender", " "), "value"),
            (body("sender", "a\nb"), "value"),
            (body("folder", &long), "value"),
        ];
        for (body, field) in table {
            let Err(InputError::Invalid(error)) = Silence::accept(&body) else { panic!("{body:?}") };
            assert_eq!(error.field, field, "{body:?}");
        }
    }
}
