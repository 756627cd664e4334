//! `docs/asyncapi.yaml`: what the socket's frames look like.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, ensure};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Result<AsyncApi>> =
    LazyLock::new(|| AsyncApi::read(include_str!("../../docs/asyncapi.yaml")));

/// The document, with a validator for every message.
#[derive(Debug)]
pub struct AsyncApi {
    document: Value,
    messages: BTreeMap<String, Validator>,
}

impl AsyncApi {
    /// The document as it is committed; read once.
    ///
    /// # Errors
    /// If it is not one.
    pub fn get() -> Result<&'static Self> {
        DOCUMENT.as_ref().map_err(|error| anyhow::anyhow!("docs/asyncapi.yaml: {error:#}"))
    }

    fn read(text: &str) -> Result<Self> {
        let document: Value = serde_norway::from_str(text)?;
        let components = &document["components"];
        let messages = components["messages"].as_object().context("no messages")?;
        let validator = |name: &String| {
            // Under one root with the components, so that its references lead somewhere.
            let payload = format!("#/components/messages/{name}/payload");
            let schema = json!({"allOf": [{"$ref": payload}], "components": components});
            let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
            let validator = options.build(&schema).map_err(|error| error.to_owned());
            Ok((name.clone(), validator.with_context(|| format!("the schema of {name}"))?))
        };
        let messages = messages.keys().map(validator).collect::<Result<_>>()?;
        Ok(Self { document, messages })
    }

    /// Whether an event that came is one of those that may.
    ///
    /// # Errors
    /// If it is not, with what is wrong.
    pub fn check_event(&self, frame: &Value) -> Result<()> {
        self.check(frame, "event")
    }

    /// Whether an action is one that can be asked.
    ///
    /// # Errors
    /// If it is not, with what is wrong.
    pub fn check_action(&self, frame: &Value) -> Result<()> {
        self.check(frame, "action")
    }

    fn check(&self, frame: &Value, kind: &str) -> Result<()> {
        let name = frame[kind].as_str().with_context(|| format!("no {kind} in {frame}"))?;
        let message = self.messages.get(name).filter(|_| self.is(name, kind));
        let message = message.with_context(|| format!("no {kind} {name:?} in the document"))?;
        let errors: Vec<String> = message
            .iter_errors(frame)
            .map(|error| format!("{} at {:?}", error, error.instance_path().to_string()))
            .collect();
        ensure!(errors.is_empty(), "{frame} is not as docs/asyncapi.yaml says: {}", errors.join("; "));
        Ok(())
    }

    fn is(&self, name: &str, kind: &str) -> bool {
        self.payload(name)["properties"].get(kind).is_some()
    }

    fn payload(&self, name: &str) -> &Value {
        &self.document["components"]["messages"][name]["payload"]
    }

    /// The names of all `event`s or `action`s.
    #[must_use]
    pub fn names(&self, kind: &str) -> Vec<&str> {
        self.messages.keys().map(String::as_str).filter(|name| self.is(name, kind)).collect()
    }

    /// The examples of an action.
    ///
    /// # Errors
    /// If it has none.
    pub fn examples(&self, action: &str) -> Result<Vec<&Value>> {
        let examples = crate::list(&self.document["components"]["messages"][action], "examples")?;
        Ok(examples.iter().map(|example| &example["payload"]).collect())
    }
}
