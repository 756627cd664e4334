use serde_json::{Value, json};

use super::*;

fn accept(body: &Value) -> Result<Vec<DirectPush>, InputError> {
    DirectPush::accept(body.to_string().as_bytes())
}

fn field(body: &Value) -> String {
    match accept(body) {
        Err(InputError::Invalid(error)) => error.field,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn one_or_several_are_read_in_order() {
    let one = accept(&json!({"user": "ann", "title": "T"})).unwrap();
    assert_eq!(one.len(), 1);
    let content = one[0].clone().content(Ulid::from_parts(1_000, 7));
    assert_eq!((content.type_key.as_str(), content.priority), ("direct", Priority::Normal));
    assert_eq!(content.expires_at, Millis(86_401_000));
    let several = accept(&json!({"messages": [
        {"token": "t:1", "title": "A", "ttl_seconds": 60, "type": "campaign 7", "priority": "urgent"},
        {"topic": "news.~%-_", "title": "B", "data": {"a": [1]}},
    ]}))
    .unwrap();
    let targets: Vec<_> = several.iter().map(|one| one.target.clone()).collect();
    assert_eq!(targets, [PushTarget::Token("t:1".into()), PushTarget::Topic("news.~%-_".into())]);
    let content = several[0].clone().content(Ulid::from_parts(0, 7));
    assert_eq!((content.type_key.as_str(), content.expires_at), ("campaign 7", Millis(60_000)));
    assert_eq!(content.priority, Priority::Critical);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let with = |name: &str, value: Value| {
        let mut body = json!({"user": "ann", "title": "T"});
        body[name] = value;
        body
    };
    let long = "x".repeat(101);
    let table = [
        (json!({"title": "T"}), "token"),
        (json!({"user": "ann"}), "title"),
        (with("title", json!(null)), "title"),
        (with("title", json!(" ")), "title"),
        (with("title", json!("x".repeat(256))), "title"),
        (with("token", json!("t")), "user"),
        (with("topic", json!("t")), "user"),
        (json!({"token": "t", "topic": "t", "title": "T"}), "topic"),
        (json!({"token": "two words", "title": "T"}), "token"),
        (json!({"topic": "a/b", "title": "T"}), "topic"),
        (json!({"topic": "", "title": "T"}), "topic"),
        (json!({"topic": long, "title": "T"}), "topic"),
        (json!({"user": "#", "title": "T"}), "user"),
        (with("body", json!(1)), "body"),
        (with("data", json!([])), "data"),
        (with("image_url", json!("http://example.com")), "image_url"),
        (with("action_url", json!("x")), "action_url"),
        (with("priority", json!("loud")), "priority"),
        (with("ttl_seconds", json!(0)), "ttl_seconds"),
        (with("ttl_seconds", json!(2_592_001)), "ttl_seconds"),
        (with("collapse_key", json!("x".repeat(65))), "collapse_key"),
        (with("type", json!("")), "type"),
        (with("recipient", json!("ann")), "recipient"),
    ];
    for (body, expected) in table {
        assert_eq!(field(&body), expected, "{body}");
        let second = json!({"messages": [{"user": "bob", "title": "T"}, body]});
        assert_eq!(field(&second), format!("messages[1].{expected}"), "{body}");
    }
    let most = accept(&json!({"messages": vec![json!({"user": "a", "title": "T"}); 500]}));
    assert_eq!(most.unwrap().len(), 500);
    assert_eq!(field(&json!({"messages": []})), "messages");
    assert_eq!(field(&json!({"messages": vec![json!({"user": "a", "title": "T"}); 501]})), "messages");
    assert_eq!(field(&json!({"messages": [], "title": "T"})), "title");
    assert!(matches!(DirectPush::accept(b"{"), Err(InputError::Malformed(_))));
}

#[test]
fn an_id_has_one_spelling() {
    let id = PushId(Ulid::from_parts(1, 0x00AB_CDEF));
    assert_eq!(PushId::parse(&id.to_string()), Ok(id));
    for wrong in [id.0.to_string(), format!("psh_{}x", id.0), id.to_string().to_lowercase(), "psh_".into()] {
        assert_eq!(PushId::parse(&wrong), Err(IdError::Push), "{wrong}");
    }
}
