use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Channel, JsonText, Limits, Preferences, Profile, Subscription, TypePreference};
use carillon_store::{Counting, DeviceRef, Recipients, Scope};
use serde_json::{Value, json};

use crate::devices::device;
use crate::support::{DAY, Fixture, T0, account, fixture, tenant, user};

pub(crate) fn recipients(f: &Fixture) -> Recipients {
    Recipients::new(f.target.client(), f.target.table("Recipients"))
}

fn json_text(text: &str) -> JsonText {
    serde_json::from_value(Value::from(text)).unwrap()
}

fn settings(of: &str) -> JsonText {
    json_text(&json!({ "push": of == "work", "of": of }).to_string())
}

fn profile(email: &str) -> Profile {
    Profile { email: Some(email.into()), created_at: T0, updated_at: T0, ..Profile::default() }
}

fn silencing(sender: &str) -> Preferences {
    Preferences { silenced_senders: vec![sender.into()], ..Preferences::default() }
}

fn subscription(tag: &str) -> Subscription {
    let given = json!({ "enabled": true, "priorities": ["high"], "include_tags": [tag] });
    serde_json::from_value(given).unwrap()
}

/// A row as another version might have left it.
pub(crate) async fn put_raw(f: &Fixture, sk: &str, attributes: &[(&str, AttributeValue)]) {
    let mut put = f.target.client().put_item().table_name(f.target.table("Recipients"));
    put = put
        .item("pk", AttributeValue::S(format!("{}#ann", f.ann.tenant)))
        .item("sk", AttributeValue::S(sk.into()));
    for (name, value) in attributes {
        put = put.item(*name, value.clone());
    }
    put.send().await.unwrap();
}

async fn set(r: &Recipients, scope: &Scope, preferences: &Preferences) {
    let set = r.update_preferences(scope, T0, |_| Ok::<_, ()>(preferences.clone())).await.unwrap();
    assert_eq!(set.as_ref(), Ok(preferences));
}

/// One row of each kind, some for two accounts, and one of a kind that no decision reads.
async fn everything(f: &Fixture, r: &Recipients) -> Limits {
    let (tenant, ann, work) = (&f.ann.tenant, &f.ann.user, f.ann_at("work"));
    r.put_profile(
        tenant,
        ann,
        &Profile { attributes: Some(json_text("{\"n\":1.0}")), ..profile("a@example.com") },
    )
    .await
    .unwrap();
    for (scope, name) in [(&f.ann, "user"), (&work, "work"), (&f.ann_at("home"), "home")] {
        set(r, scope, &silencing(name)).await;
        r.put_settings(scope, &settings(name), T0).await.unwrap();
    }
    r.put_subscription(&f.ann, Channel::Email, &subscription("a")).await.unwrap();
    r.put_subscription(&f.ann, Channel::Webhook, &subscription("b")).await.unwrap();
    r.register(&f.ann, &device("one"), T0).await.unwrap();
    r.register(&f.ann, &device("two"), T0.plus_seconds(1)).await.unwrap();
    let limits = Limits { version: 1, counted: vec![crate::limits::counted(1, T0)] };
    let counted = r.count(tenant, ann, &limits, T0.plus_seconds(9 * DAY)).await.unwrap();
    assert_eq!(counted, Counting::Taken);
    put_raw(f, "topic#news", &[("since", AttributeValue::N("1".into()))]).await;
    limits
}

#[tokio::test]
async fn a_decisions_facts_come_with_one_query() {
    let f = fixture().await;
    let r = recipients(&f);
    let limits = everything(&f, &r).await;
    f.target.calls().reset();
    let facts = r.facts(&f.ann.tenant, &f.ann.user, Some(&account("work")), T0).await.unwrap();
    assert_eq!(f.target.calls().by_operation(), BTreeMap::from([("Query".into(), 1)]));
    if !f.target.is_deployed() {
        assert!(f.target.calls().read_units() <= 0.5, "{}", f.target.calls().read_units());
    }
    assert_eq!(facts.profile, r.profile(&f.ann).await.unwrap());
    assert_eq!(facts.preferences, [silencing("work"), silencing("user")]);
    assert_eq!(facts.settings.iter().map(|read| read.push).collect::<Vec<_>>(), [Some(true), Some(false)]);
    let filters = [(Channel::Email, subscription("a")), (Channel::Webhook, subscription("b"))];
    assert_eq!(facts.subscriptions, BTreeMap::from(filters));
    assert_eq!(facts.devices.len(), 2);
    assert_eq!((facts.limits, facts.erased_at), (limits, None));

    let facts = r.facts(&f.ann.tenant, &f.ann.user, None, T0).await.unwrap();
    assert_eq!(facts.preferences, [silencing("user")]);
    assert_eq!(facts.settings.len(), 1);
    for (tenant, name) in [(&f.ann.tenant, "bob"), (&tenant(), "ann")] {
        assert_eq!(
            r.facts(tenant, &user(name), None, T0).await.unwrap(),
            carillon_domain::Recipient::default()
        );
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_takes_no_other_with_it() {
    let f = fixture().await;
    let r = recipients(&f);
    everything(&f, &r).await;
    let wrong = [("text", AttributeValue::Bool(true)), ("enabled", AttributeValue::S("maybe".into()))];
    let channels = [("channels", AttributeValue::S("all".into()))];
    put_raw(&f, "prefs@work", &channels).await;
    put_raw(&f, "settings@work", &wrong).await;
    put_raw(&f, "sub#email", &wrong).await;
    put_raw(&f, "sub#pigeon", &wrong).await;
    put_raw(&f, "device#00", &wrong).await;
    let entries = AttributeValue::L(vec![AttributeValue::S("what?".into())]);
    put_raw(&f, "limits", &[("version", AttributeValue::N("7".into())), ("counted", entries)]).await;
    let facts = r.facts(&f.ann.tenant, &f.ann.user, Some(&account("work")), T0).await.unwrap();
    assert_eq!(facts.preferences, [silencing("user")]);
    assert_eq!((facts.settings.len(), facts.devices.len()), (1, 2));
    assert_eq!(facts.subscriptions.into_keys().collect::<Vec<_>>(), [Channel::Webhook]);
    // It counts nothing, but can be written again.
    assert_eq!(facts.limits, Limits { version: 7, counted: Vec::new() });
    assert_eq!(r.devices(&f.ann, T0).await.unwrap().len(), 2);
    // A change must not throw away what it cannot read.
    assert!(r.update_preferences(&f.ann_at("work"), T0, Ok::<_, ()>).await.is_err());
}

#[tokio::test]
async fn a_profile_keeps_when_it_began() {
    let f = fixture().await;
    let r = recipients(&f);
    let (tenant, ann) = (&f.ann.tenant, &f.ann.user);
    assert_eq!(r.profile(&f.ann).await.unwrap(), None);
    let first = Profile {
        phone: Some("+41791234567".into()),
        locale: Some("de-CH".into()),
        ..profile("a@example.com")
    };
    assert_eq!(r.put_profile(tenant, ann, &first).await.unwrap(), first);
    let client = f.target.client();
    let later = T0.plus_seconds(5);
    let second = Profile { created_at: later, updated_at: later, ..profile("b@example.com") };
    f.target.calls().reset();
    let put = r.put_profile(tenant, ann, &second).await.unwrap();
    assert_eq!(f.target.calls().total(), 1);
    assert_eq!(put, Profile { created_at: T0, ..second });
    assert_eq!(r.profile(&f.ann).await.unwrap(), Some(put));
    // SHA-256 of `ann` begins with 0x49.
    let shard = AttributeValue::S(format!("{tenant}#{}", 0x49 % 16));
    let query = client.query().table_name(f.target.table("Recipients")).index_name("by_tenant");
    let query =
        query.key_condition_expression("tenant_shard = :shard").expression_attribute_values(":shard", shard);
    assert_eq!(query.send().await.unwrap().count, 1);
}

#[tokio::test]
async fn a_hundred_profiles_are_put_each_for_itself() {
    let f = fixture().await;
    let r = recipients(&f);
    let mut profiles: Vec<_> = (0..100).map(|i| (user(&format!("u{i}")), profile("a@example.com"))).collect();
    for i in [3, 42] {
        profiles[i].1.attributes = Some(json_text(&format!("{{\"a\":\"{}\"}}", "x".repeat(400 * 1024))));
    }
    let tenant = f.ann.tenant.clone();
    // On a task of its own, as a handler would be: it must be Send.
    let failed = tokio::spawn({
        let (r, tenant, profiles) = (r.clone(), tenant.clone(), profiles.clone());
        async move { r.put_profiles(&tenant, &profiles).await }
    });
    let failed = failed.await.unwrap();
    assert_eq!(failed.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [3, 42]);
    for (i, (user, profile)) in profiles.into_iter().enumerate() {
        let stored = r.profile(&Scope { tenant: tenant.clone(), user, account: None }).await.unwrap();
        assert_eq!(stored, (![3, 42].contains(&i)).then_some(profile), "{i}");
    }
}

#[tokio::test]
async fn concurrent_changes_of_preferences_lose_nothing() {
    let f = fixture().await;
    let r = recipients(&f);
    let set_type = |name: String| {
        let (r, scope) = (&r, &f.ann);
        async move {
            let change = |mut old: Preferences| {
                old.types.insert(
                    name.clone(),
                    TypePreference { enabled: Some(false), ..TypePreference::default() },
                );
                Ok::<_, ()>(old)
            };
            r.update_preferences(scope, T0, change).await.unwrap().unwrap();
        }
    };
    futures::future::join_all((0..4).map(|i| set_type(format!("type_{i}")))).await;
    let all = r.preferences(&f.ann).await.unwrap();
    assert_eq!(all.types.len(), 4);
    assert_eq!(r.preferences(&f.ann_at("work")).await.unwrap(), Preferences::default());
    let refused = r.update_preferences(&f.ann, T0, |_| Err("no")).await.unwrap();
    assert_eq!(refused, Err("no"));
    assert_eq!(r.preferences(&f.ann).await.unwrap(), all);
}

#[tokio::test]
async fn documents_come_back_as_they_were_put() {
    let f = fixture().await;
    let r = recipients(&f);
    assert_eq!(r.settings(&f.ann).await.unwrap(), None);
    assert_eq!(r.subscription(&f.ann, Channel::Slack).await.unwrap(), None);
    let odd = "{ \"b\":1.0, \"a\":12345678901234567890123, \"b\":2 }";
    r.put_settings(&f.ann, &json_text(odd), T0).await.unwrap();
    r.put_settings(&f.ann_at("work"), &json_text("{}"), T0).await.unwrap();
    assert_eq!(r.settings(&f.ann).await.unwrap().as_deref(), Some(odd));
    assert_eq!(r.settings(&f.ann_at("work")).await.unwrap().as_deref(), Some("{}"));
    let filter = Subscription { url: Some("https://example.com/".into()), ..subscription("a") };
    r.put_subscription(&f.ann, Channel::Slack, &filter).await.unwrap();
    assert_eq!(r.subscription(&f.ann, Channel::Slack).await.unwrap(), Some(filter));
}

#[tokio::test]
async fn an_export_has_every_row() {
    let f = fixture().await;
    let r = recipients(&f);
    everything(&f, &r).await;
    put_raw(&f, "sub#pigeon", &[("enabled", AttributeValue::S("maybe".into()))]).await;
    let export = Value::from(r.export(&f.ann.tenant, &f.ann.user).await.unwrap());
    assert_eq!(export["profile"]["email"], "a@example.com");
    assert_eq!(export["profile"]["attributes"], json!({ "n": 1.0 }));
    assert_eq!(export["profile"]["tenant_shard"], Value::Null);
    assert_eq!(export["preferences"]["user"]["silenced_senders"], json!(["user"]));
    assert_eq!(export["preferences"]["accounts"]["home"]["silenced_senders"], json!(["home"]));
    assert_eq!(export["settings"]["user"], json!({ "push": false, "of": "user" }));
    assert_eq!(export["settings"]["accounts"]["work"], json!({ "push": true, "of": "work" }));
    assert_eq!(export["subscriptions"]["email"]["include_tags"], json!(["a"]));
    assert_eq!(export["subscriptions"]["pigeon"]["enabled"], "maybe");
    let tokens: Vec<_> = export["devices"].as_array().unwrap().iter().map(|one| &one["token"]).collect();
    assert!(tokens.contains(&&json!("one")) && tokens.contains(&&json!("two")), "{tokens:?}");
    assert_eq!(export["limits"][0]["type"], "property_recommendation");
    assert_eq!(export["other"], json!({ "topic#news": { "since": 1 } }));
    let nothing = Value::from(r.export(&f.ann.tenant, &user("bob")).await.unwrap());
    assert_eq!((&nothing["profile"], &nothing["devices"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn an_erasure_leaves_only_its_own_row() {
    let f = fixture().await;
    let r = recipients(&f);
    everything(&f, &r).await;
    let bob = Scope { user: user("bob"), ..f.ann.clone() };
    for i in 0..48 {
        r.register(&f.ann, &device(&format!("d{i}")), T0).await.unwrap();
    }
    r.register(&bob, &device("bobs"), T0).await.unwrap();
    // Moved to bob, but deleted at ann's only half, as nothing does: bob's must survive that too.
    let (hash, _) = r.devices(&bob, T0).await.unwrap().remove(0);
    put_raw(&f, &format!("device#{hash}"), &[]).await;
    let now = T0.plus_seconds(60);
    for _ in 0..2 {
        r.erase(&f.ann.tenant, &f.ann.user, now).await.unwrap();
        let facts = r.facts(&f.ann.tenant, &f.ann.user, Some(&account("work")), T0).await.unwrap();
        assert_eq!(facts, carillon_domain::Recipient { erased_at: Some(now), ..Default::default() });
    }
    let rows = f.target.client().query().table_name(f.target.table("Recipients"));
    let rows = rows.key_condition_expression("pk = :pk").consistent_read(true);
    let rows = rows.expression_attribute_values(":pk", AttributeValue::S(format!("{}#ann", f.ann.tenant)));
    let rows = rows.send().await.unwrap().items.unwrap();
    assert_eq!(rows.len(), 1);
    let purge_at = AttributeValue::N((now.seconds() + 400 * DAY).to_string());
    assert_eq!(rows[0]["purge_at"], purge_at);
    assert_eq!(r.devices(&bob, T0).await.unwrap().len(), 1);
    // No owner row is left to say that ann had it.
    assert_eq!(crate::devices::owner(&f, &crate::devices::hash("d7")).await, None);
    assert_eq!(crate::devices::owner(&f, &hash).await.as_deref(), Some("bob"));
    assert!(r.register(&bob, &device("d7"), now).await.unwrap().1);
    assert_eq!(r.unregister(&f.ann, DeviceRef::Identity("d7")).await.unwrap(), 0);
}
