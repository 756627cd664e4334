//! `docs/openapi.json`: what the HTTP API answers. Every answer that a test gets is held against it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, bail, ensure};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::Answer;

/// The schema of every refusal.
const PROBLEM: &str = "#/components/schemas/Problem";

static DOCUMENT: LazyLock<Result<OpenApi>> =
    LazyLock::new(|| OpenApi::read(include_str!("../../docs/openapi.json")));

/// The document, with a validator for every body it speaks of.
#[derive(Debug)]
pub(crate) struct OpenApi {
    document: Value,
    /// By the schema's own text.
    bodies: BTreeMap<String, Validator>,
}

/// What was asked.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// As it was sent, without the query.
    pub(crate) path: &'a str,
    /// If it is JSON.
    pub(crate) body: Option<Value>,
}

impl OpenApi {
    /// The document as it is committed; read once.
    pub(crate) fn get() -> Result<&'static Self> {
        DOCUMENT.as_ref().map_err(|error| anyhow::anyhow!("docs/openapi.json: {error:#}"))
    }

    fn read(text: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text)?;
        let mut bodies = BTreeMap::new();
        let items = document["paths"].as_object().context("no paths")?.values();
        let operations = items.filter_map(Value::as_object).flat_map(|item| item.values());
        for operation in operations {
            let answers = operation["responses"].as_object().context("no responses")?.values();
            let parts = answers.map(|answer| resolve(&document, answer)).chain([&operation["requestBody"]]);
            let contents =
                parts.filter_map(|part| part["content"].as_object()).flat_map(|content| content.values());
            for content in contents {
                let schema = &content["schema"];
                let whole = json!({"allOf": [schema], "components": document["components"]});
                let options = jsonschema::options().with_draft(Draft::Draft202012);
                let validator = options.build(&whole).map_err(|error| error.to_owned());
                bodies.insert(schema.to_string(), validator.with_context(|| schema.to_string())?);
            }
        }
        Ok(Self { document, bodies })
    }

    /// Whether an answer is one that the document promises; and, where it was a success, whether the document allows
    /// what was asked. Of paths and methods it does not know, only refusals are right.
    pub(crate) fn check(&self, asked: &Asked<'_>, answer: &Answer) -> Result<()> {
        let Asked { method, path, .. } = asked;
        self.exchange(asked, answer).with_context(|| {
            format!("{method} {path} is not as docs/openapi.json says: HTTP {}", answer.status)
        })
    }

    fn exchange(&self, asked: &Asked<'_>, answer: &Answer) -> Result<()> {
        let head = asked.method == "HEAD";
        let method = if head { String::from("get") } else { asked.method.to_lowercase() };
        let operation = match self.operation(asked.path, &method) {
            // Also where the routers take a path for another than this does: `x%23/read`, or a name where ids may be.
            _ if answer.status == 405 && head => return Ok(()),
            _ if answer.status == 405 => return self.fits(&json!({"$ref": PROBLEM}), &answer.body),
            None if answer.status == 404 || asked.method == "OPTIONS" => return Ok(()),
            operation => operation.context("there is no such operation")?,
        };
        let status = answer.status.to_string();
        let promised = operation["responses"].get(&status).context("the status is not among its answers")?;
        let promised = resolve(&self.document, promised);
        for (name, header) in promised["headers"].as_object().into_iter().flatten() {
            let required = resolve(&self.document, header)["required"] == true;
            ensure!(!required || answer.header(name).is_some(), "no header {name}: {:?}", answer.headers);
        }
        match promised.get("content") {
            None => ensure!(answer.body.is_null(), "there should be no body: {}", answer.body),
            Some(_) if head => ensure!(answer.body.is_null(), "HEAD has no body: {}", answer.body),
            Some(content) => {
                let kind = answer.header("content-type").unwrap_or_default();
                let schema = content.get(kind).with_context(|| format!("not of the type {kind:?}"))?;
                self.fits(&schema["schema"], &answer.body)?;
            }
        }
        let taken = operation.pointer("/requestBody/content/application~1json/schema");
        match (&asked.body, taken) {
            (Some(body), Some(schema)) if answer.status < 300 => {
                self.fits(schema, body).context("the request was accepted")
            }
            _ => Ok(()),
        }
    }

    fn fits(&self, schema: &Value, body: &Value) -> Result<()> {
        let validator = self.bodies.get(&schema.to_string()).context("no schema")?;
        let errors: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{error} at {:?}", error.instance_path().to_string()))
            .collect();
        if errors.is_empty() { Ok(()) } else { bail!("{body}: {}", errors.join("; ")) }
    }

    /// A path by name goes before one by parameter, as in the routers.
    fn operation(&self, path: &str, method: &str) -> Option<&Value> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let template: Vec<&str> = template.split('/').collect();
            let same = |(template, part): (&&str, &&str)| template == part || template.starts_with('{');
            template.len() == parts.len() && template.iter().zip(&parts).all(same)
        };
        let items = self.document["paths"].as_object()?;
        let named = items.iter().filter(|(template, _)| fits(template));
        let best =
            named.filter_map(|(template, item)| Some((template.matches('{').count(), item.get(method)?)));
        best.min_by_key(|(parameters, _)| *parameters).map(|(_, operation)| operation)
    }
}

/// What a reference leads to.
fn resolve<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    let reference = part.get("$ref").and_then(Value::as_str);
    reference.and_then(|to| document.pointer(to.trim_start_matches('#'))).unwrap_or(part)
}
