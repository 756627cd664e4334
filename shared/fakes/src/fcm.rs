//! FCM, HTTP v1: what it takes and how it refuses.

use serde_json::{Map, Value, json};

use crate::Reply;
use crate::state::{Incoming, State};

/// Of a message: what a device gets, keys and values of `notification` and `data`.
const MOST_PAYLOAD: usize = 4096;
const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";

/// Names that Google's schema has; it refuses others.
const MESSAGE: [&str; 9] =
    ["name", "data", "notification", "android", "webpush", "apns", "fcm_options", "token", "topic"];
const NESTED: [(&str, &[&str]); 5] = [
    ("notification", &["title", "body", "image"]),
    (
        "android",
        &[
            "collapse_key",
            "priority",
            "ttl",
            "restricted_package_name",
            "data",
            "notification",
            "fcm_options",
            "direct_boot_ok",
            "bandwidth_constrained_ok",
            "restricted_satellite_ok",
        ],
    ),
    ("apns", &["headers", "payload", "fcm_options", "live_activity_token"]),
    ("webpush", &["headers", "data", "notification", "fcm_options"]),
    ("fcm_options", &["analytics_label"]),
];
/// Of `android.notification`.
const ANDROID: [&str; 27] = [
    "title",
    "body",
    "icon",
    "color",
    "sound",
    "tag",
    "click_action",
    "body_loc_key",
    "body_loc_args",
    "title_loc_key",
    "title_loc_args",
    "channel_id",
    "ticker",
    "sticky",
    "event_time",
    "local_only",
    "notification_priority",
    "default_sound",
    "default_vibrate_timings",
    "default_light_settings",
    "vibrate_timings",
    "visibility",
    "notification_count",
    "light_settings",
    "image",
    "proxy",
    "bypass_proxy_notification",
];

/// An answer with one of FCM's error codes, as Google words it. `INVALID_TOKEN` is the `INVALID_ARGUMENT` that means the
/// registration token; `UNAUTHENTICATED` and `PERMISSION_DENIED` are Google's own, without a code of FCM's.
#[must_use]
pub fn fcm_error(code: &str) -> Reply {
    let (http, status, message) = match code {
        "UNREGISTERED" => (404, "NOT_FOUND", "Requested entity was not found."),
        "SENDER_ID_MISMATCH" => (403, "PERMISSION_DENIED", "SenderId mismatch"),
        "INVALID_TOKEN" => {
            (400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token")
        }
        "INVALID_ARGUMENT" => (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        "QUOTA_EXCEEDED" => (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        "UNAVAILABLE" => (503, "UNAVAILABLE", "The service is currently unavailable."),
        "INTERNAL" => (500, "INTERNAL", "Internal error encountered."),
        "THIRD_PARTY_AUTH_ERROR" => (401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service"),
        "UNAUTHENTICATED" => (
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
             valid authentication credential.",
        ),
        "PERMISSION_DENIED" => (
            403,
            "PERMISSION_DENIED",
            "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist).",
        ),
        _ => (500, "UNKNOWN", "Unknown error."),
    };
    let details = match code {
        "INVALID_TOKEN" => json!([
            {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
                {"field": "message.token", "description": message},
            ]},
        ]),
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": if http == 401 { "ACCESS_TOKEN_EXPIRED" } else { "IAM_PERMISSION_DENIED" },
            "domain": "googleapis.com",
        }]),
        code => json!([{"@type": FCM_ERROR, "errorCode": code}]),
    };
    error(http, status, message, &details)
}

fn error(code: u16, status: &str, message: &str, details: &Value) -> Reply {
    let error = json!({"code": code, "message": message, "status": status, "details": details});
    Reply::new(code).body(json!({"error": error}))
}

fn invalid(field: &str, description: &str) -> Reply {
    let violations = json!([{"field": field, "description": description}]);
    let details = json!([
        {"@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations},
    ]);
    error(400, "INVALID_ARGUMENT", description, &details)
}

pub(crate) fn answer(incoming: &Incoming, state: &State) -> Reply {
    let path = incoming.uri.path();
    let project = path.strip_prefix("/fcm/v1/projects/").and_then(|rest| rest.strip_suffix("/messages:send"));
    let Some(project) = project.filter(|project| !project.is_empty() && !project.contains('/')) else {
        return Reply::new(404);
    };
    if !incoming.bearer().is_some_and(|token| state.issued(token)) {
        return fcm_error("UNAUTHENTICATED");
    }
    let body: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
    let Some(message) = body["message"].as_object() else { return invalid("message", "Message is not set") };
    match refused(message) {
        Some((field, why)) => invalid(&field, &why),
        None => {
            let id = state.log.borrow().last() + 1;
            Reply::new(200).body(json!({"name": format!("projects/{project}/messages/{id}")}))
        }
    }
}

/// What FCM finds wrong with a message.
fn refused(message: &Map<String, Value>) -> Option<(String, String)> {
    let unknown = |object: &Map<String, Value>, known: &[&str], at: &str| {
        let name = object.keys().find(|name| !known.contains(&name.as_str()) && *name != "condition")?;
        let why =
            format!("Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.");
        Some((at.to_owned(), why))
    };
    let nested = NESTED.iter().find_map(|(name, known)| {
        unknown(message.get(*name)?.as_object()?, known, &format!("message.{name}"))
    });
    let android = message.get("android").and_then(|android| android["notification"].as_object());
    let targets = ["token", "topic", "condition"].map(|name| message.contains_key(name));
    let is_text = |object: &Value| object.as_object().is_none_or(|all| all.values().all(Value::is_string));
    let mut problem = unknown(message, &MESSAGE, "message").or(nested);
    problem = problem.or_else(|| unknown(android?, &ANDROID, "message.android.notification"));
    if problem.is_some() {
        return problem;
    }
    let why = if targets.iter().filter(|there| **there).count() != 1 {
        ("message", "Exactly one of token, topic or condition is required")
    } else if !message.get("data").is_none_or(is_text) {
        ("message.data", "Invalid value: data must be strings")
    } else if !message.get("apns").is_none_or(|apns| is_text(&apns["headers"])) {
        ("message.apns.headers", "Invalid value: headers must be strings")
    } else if !message.get("webpush").is_none_or(|push| is_text(&push["headers"]) && is_text(&push["data"])) {
        ("message.webpush", "Invalid value: headers and data must be strings")
    } else if !message.get("android").is_none_or(|android| is_duration(&android["ttl"])) {
        ("message.android.ttl", "Illegal duration format; duration must end with 's'")
    } else if payload(message) > MOST_PAYLOAD {
        ("message", "Message is too big")
    } else {
        return None;
    };
    Some((why.0.to_owned(), why.1.to_owned()))
}

fn is_duration(value: &Value) -> bool {
    let seconds = |text: &str| text.strip_suffix('s').is_some_and(|number| number.parse::<f64>().is_ok());
    value.is_null() || value.as_str().is_some_and(seconds)
}

/// Bytes of keys and values that reach the device.
fn payload(message: &Map<String, Value>) -> usize {
    let texts = |part: &Value| {
        let all = part.as_object().into_iter().flatten();
        all.map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum::<usize>()
    };
    ["notification", "data"].iter().filter_map(|name| message.get(*name)).map(texts).sum()
}
