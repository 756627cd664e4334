//! What JSON Schema can say but the macros cannot.

use carillon_domain::Registry;
use serde_json::{Map, Value, json};

use super::put;

/// Schemas of answers in which every member is always there.
const WHOLE: [&str; 11] = [
    "Notification",
    "Page",
    "StoredTrace",
    "UnstoredTrace",
    "TenantSettings",
    "Profile",
    "Preferences",
    "Subscription",
    "Device",
    "Erased",
    "DirectDelivery",
];
/// Says it of all schemas.
pub(super) fn complete(schemas: &mut Map<String, Value>) {
    for name in WHOLE {
        let Some(schema) = schemas.get_mut(name) else { continue };
        let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let all: Vec<Value> = members.map(|(name, _)| json!(name)).collect();
        put(schema, "/required", all.into());
    }
    let mut say = |name: &str, keyword: &str, value: Value| {
        if let Some(schema) = schemas.get_mut(name) {
            put(schema, &format!("/{keyword}"), value);
        }
    };
    let required =
        |names: &[&str]| -> Value { names.iter().map(|name| json!({"required": [name]})).collect() };
    say(
        "CreateNotification",
        "oneOf",
        json!([
            {"required": ["recipient"],
                "properties": {"recipient": {"type": ["string", "object"]}, "recipients": {"type": "null"}}},
            {"required": ["recipients"],
                "properties": {"recipients": {"type": "array"}, "recipient": {"type": "null"}}},
        ]),
    );
    let targets = ["token", "topic", "user"];
    let only = |name: &&str| {
        let nulls = targets
            .iter()
            .filter(|other| other != &name)
            .map(|other| ((*other).to_owned(), json!({"type": "null"})));
        let mut properties: Map<String, Value> = nulls.collect();
        properties.insert((*name).to_owned(), json!({"type": "string"}));
        json!({"required": [name], "properties": properties})
    };
    say("PushMessage", "oneOf", targets.iter().map(only).collect());
    say("RegisterFcm", "oneOf", required(&["token", "fcm_token"]));
    let names = ["token", "fcm_token", "endpoint", "device_id"];
    let text = |name: &&str| json!({"required": [name], "properties": {*name: {"type": "string"}}});
    say("Unregister", "anyOf", names.iter().map(text).collect());
    say("Unregister", "not", json!({"required": ["token", "fcm_token"]}));
    say(
        "FrequencyCap",
        "anyOf",
        json!([
            {"required": ["per_day"], "properties": {"per_day": {"type": "integer"}}},
            {"required": ["per_week"], "properties": {"per_week": {"type": "integer"}}},
        ]),
    );
    say("TypeDocument", "properties/channels/prefixItems", json!([{"const": "in_app"}]));
    say("TypeDocument", "properties/channels/uniqueItems", json!(true));
    let preference = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/TypePreference"}]});
    say("PutPreferences", "properties/types/additionalProperties", preference);
    let switch = json!({"type": ["boolean", "null"]});
    say(
        "PutPreferences",
        "patternProperties",
        json!({
            "^notify_[a-z0-9_]+$": switch,
            "^notify[A-Z][A-Za-z0-9]*$": switch,
            "^(push|email|sms|webhook|slack|inApp|quietHours)Enabled$": switch,
            "^(optIn|quietHours(Start|End)?|silenced(Senders|Folders)|digest(Frequency|Time|Timezone|Weekday|Day))$": {},
        }),
    );
    for key in
        Registry::shipped().iter().flat_map(Registry::types).filter_map(|entry| entry.opt_in_key.as_deref())
    {
        say("AppSettings", &format!("properties/{key}"), switch.clone());
    }
}
