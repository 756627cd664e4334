use std::collections::BTreeSet;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use serde_json::Value;

use super::*;

/// Where it is committed.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

#[test]
fn the_committed_document_is_what_the_code_says() {
    let said = document();
    let committed = std::fs::read_to_string(Path::new(FILE)).unwrap_or_default();
    if serde_json::from_str::<Value>(&committed).ok().as_ref() != Some(&said) {
        std::fs::write(FILE, serde_json::to_string_pretty(&said).unwrap() + "\n").unwrap();
        panic!("docs/openapi.json was not what the code says; it is written anew: commit it");
    }
}

/// Every operation, as (method, path, operation).
fn all(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, one)| (method, path, one))
    })
}

#[test]
fn it_is_openapi_3_1_and_every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(to)) => drop(found.insert(to)),
                _ => references(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for to in &found {
        assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is used nowhere");
    }
}

#[test]
fn every_operation_says_who_may_and_what_can_go_wrong() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in all(&document) {
        let name = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}");
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{name}");
        let statuses: Vec<&str> =
            operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        let has = |wanted: &[&str]| {
            assert!(wanted.iter().all(|one| statuses.contains(one)), "{name}: {statuses:?}")
        };
        has(&["429", "500"]);
        if !["/openapi.json", "/unsubscribe/{token}"].contains(&path.as_str()) {
            assert!(operation["security"][0].is_object(), "{name}");
            has(&["401", "403", "503"]);
        }
        if operation.get("requestBody").is_some() {
            has(&["400", "413", "415", "422"]);
        }
        if method == "get" {
            has(&["304"]);
        }
    }
    assert!(ids.len() >= 45, "{}", ids.len());
}

/// A validator of one place in the document.
fn validator(document: &Value, pointer: &str) -> jsonschema::Validator {
    let mut whole = document.clone();
    let at = whole.as_object_mut().unwrap();
    at.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    at.insert("$ref".into(), format!("#{pointer}").into());
    jsonschema::validator_for(&whole).unwrap()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

#[test]
fn every_example_fits_its_schema() {
    let document = document();
    let mut examples = 0;
    for (method, path, operation) in all(&document) {
        let at = format!("/paths/{}/{method}/requestBody/content/application~1json", escaped(path));
        let Some(content) = operation.pointer("/requestBody/content/application~1json") else { continue };
        let validator = validator(&document, &format!("{at}/schema"));
        let several = content.get("examples").and_then(Value::as_object).into_iter().flatten();
        let given = several.map(|(_, example)| &example["value"]).chain(content.get("example"));
        for example in given {
            examples += 1;
            let error = validator.iter_errors(example).next();
            assert!(error.is_none(), "{method} {path}: {example}: {}", error.unwrap());
        }
    }
    assert!(examples >= 15, "{examples}");
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        for (kind, content) in response.get("content").and_then(Value::as_object).into_iter().flatten() {
            let at = format!("/components/responses/{name}/content/{}/schema", escaped(kind));
            assert!(validator(&document, &at).is_valid(&content["example"]), "{name}");
        }
    }
}

/// The bounds of the schema are those that the code checks.
#[test]
fn texts_are_refused_by_the_schema_as_by_the_code() {
    let document = document();
    let put = validator(&document, "/components/schemas/PutProfile");
    let now = carillon_domain::Millis(0);
    let long = format!("{}@example.com", "x".repeat(320));
    let bodies = [
        r#"{"email": "ann@example.com"}"#,
        r#"{"email": "a@b.c"}"#,
        r#"{"email": "a@b@c.d"}"#,
        r#"{"email": "ann"}"#,
        r#"{"email": "@example.com"}"#,
        r#"{"email": "ann@.com"}"#,
        r#"{"email": "ann@com."}"#,
        r#"{"email": "a n@b.c"}"#,
        r#"{"phone": "+4930123456"}"#,
        r#"{"phone": "+0301234567"}"#,
        r#"{"phone": "+1234567"}"#,
        r#"{"phone": "4930123456"}"#,
        r#"{"locale": "de-CH"}"#,
        r#"{"locale": "german"}"#,
        r#"{"locale": "de_CH"}"#,
        r#"{"attributes": []}"#,
        r#"{"attributes": {"a": 1}}"#,
        r#"{"email_verified": "yes"}"#,
        r#"{"nick": "A"}"#,
        r#"{"email": null}"#,
        &format!(r#"{{"email": "{long}"}}"#),
    ];
    for body in bodies {
        let accepted = carillon_domain::Profile::accept(body.as_bytes(), now).is_ok();
        assert_eq!(put.is_valid(&serde_json::from_str(body).unwrap()), accepted, "{body}");
    }
}

#[tokio::test]
async fn drift_is_found_both_ways() {
    let router = || {
        let one = get(|| async {}).put(|| async {}).delete(|| async {});
        Router::new()
            .route("/v1/types", get(|| async {}))
            .route("/v1/types/{key}", one)
            .route("/v1/more", get(|| async {}))
    };
    let source = r#".route("/v1/types", x) .route("/v1/types/{key}", y) .route("/v1/more", z)"#;
    let found = drift(router(), source, &["administering"]).await;
    assert!(found.contains(&String::from("GET /v1/more is answered, but not in the document")), "{found:?}");
    assert!(
        found.contains(&String::from("PUT /v1/settings is in the document, but not answered")),
        "{found:?}"
    );
    let answered = |line: &String| ["/v1/types ", "/v1/types/{key} "].iter().any(|path| line.contains(path));
    assert!(!found.iter().any(answered), "{found:?}");
    assert_eq!(drift(Router::new(), "", &[]).await, ["no routes found in the source"]);
}
