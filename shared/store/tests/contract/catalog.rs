use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{Channel, Registry, TenantId, UserId};
use carillon_store::{Catalog, CatalogCache, CatalogRows, Edit, Edited, Versioned};
use carillon_testkit::{Fault, FaultProxy, sdk_config};

use crate::support::{Fixture, T0, fixture, tenant};

const PLAIN: &str = r#"{ "ttl_seconds": 60 }"#;

fn catalog(f: &Fixture) -> Catalog {
    Catalog::new(f.target.client(), f.target.table("Catalog"))
}

fn cache(f: &Fixture) -> CatalogCache {
    CatalogCache::new(catalog(f), Arc::new(Registry::shipped().unwrap()))
}

async fn edit(catalog: &Catalog, tenant: &TenantId, key: &str, document: Option<&str>) -> Edited {
    let edit = Edit { document, at: T0, by: &UserId::parse("ops").unwrap(), restored: None };
    catalog.edit(tenant, Versioned::Type(key), edit).await.unwrap()
}

async fn put_type(catalog: &Catalog, tenant: &TenantId, key: &str, document: &str) {
    assert!(matches!(edit(catalog, tenant, key, Some(document)).await, Edited::Done(_)));
}

/// False if there is none.
async fn delete_type(catalog: &Catalog, tenant: &TenantId, key: &str) -> bool {
    edit(catalog, tenant, key, None).await != Edited::Missing
}

#[tokio::test]
async fn documents_are_kept_as_given_and_per_tenant() {
    let f = fixture().await;
    let (catalog, tenant_, other) = (catalog(&f), &f.ann.tenant, tenant());
    assert_eq!(catalog.rows(tenant_, true).await.unwrap(), CatalogRows::default());
    put_type(&catalog, tenant_, "chat_message", "{}").await;
    put_type(&catalog, tenant_, "chat_message", PLAIN).await;
    put_type(&catalog, &other, "win_back", PLAIN).await;
    catalog.put_settings(tenant_, "{}", T0).await.unwrap();
    let types = BTreeMap::from([("chat_message".to_owned(), PLAIN.to_owned())]);
    let rows = CatalogRows { settings: Some("{}".to_owned()), layout: None, types };
    assert_eq!(catalog.rows(tenant_, true).await.unwrap(), rows);
    assert!(!delete_type(&catalog, tenant_, "win_back").await, "it is the other tenant's");
    assert!(delete_type(&catalog, tenant_, "chat_message").await);
    assert!(!delete_type(&catalog, tenant_, "chat_message").await);
    assert_eq!(catalog.rows(tenant_, true).await.unwrap().types, BTreeMap::new());
    assert_eq!(catalog.rows(&other, true).await.unwrap().types.len(), 1);
}

#[tokio::test]
async fn rows_of_other_kinds_are_not_read_and_big_catalogs_come_whole() {
    let f = fixture().await;
    let (catalog, tenant) = (catalog(&f), &f.ann.tenant);
    for sk in ["template#a", "segment#a", "settings#a", "suppressed", "types", "type", "zone#a"] {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = f.target.client().put_item().table_name(f.target.table("Catalog"));
        let put = put.item("pk", text(tenant.as_str())).item("sk", text(sk)).item("text", text("{}"));
        put.send().await.unwrap();
    }
    put_type(&catalog, tenant, "plain", PLAIN).await;
    f.target.calls().reset();
    assert_eq!(catalog.rows(tenant, false).await.unwrap().types.len(), 1);
    assert_eq!((f.target.calls().total(), f.target.calls().read_units()), (1, 0.5));
    let big = format!("{{\"x\": \"{}\"}}", "x".repeat(300_000));
    for key in ["a", "b", "c", "d", "e"] {
        put_type(&catalog, tenant, key, &big).await;
    }
    assert_eq!(catalog.rows(tenant, true).await.unwrap().types.len(), 6);
}

#[tokio::test]
async fn a_cache_reads_once_a_minute_and_once_for_all_who_ask_at_the_same_time() {
    let f = fixture().await;
    let (catalog, cache, tenant) = (catalog(&f), cache(&f), &f.ann.tenant);
    let channels = async |at| {
        let types = cache.of(tenant, at).await.unwrap();
        types.get(cache.registry(), "chat_message").unwrap().channels.clone()
    };
    f.target.calls().reset();
    futures::future::join_all((0..10).map(|_| channels(T0))).await;
    assert_eq!(f.target.calls().total(), 1);
    put_type(&catalog, tenant, "chat_message", r#"{"channels": ["in_app"]}"#).await;
    assert_eq!(channels(T0.plus_seconds(59)).await, [Channel::InApp, Channel::Push]);
    assert_eq!(channels(T0.plus_seconds(60)).await, [Channel::InApp]);
}

#[tokio::test]
async fn while_the_table_cannot_be_read_the_old_ones_hold_for_ten_minutes() {
    let f = fixture().await;
    let tenant_ = &f.ann.tenant;
    let proxy = FaultProxy::start(f.target.endpoint()).await.unwrap();
    let client = aws_sdk_dynamodb::Client::from_conf((&sdk_config(proxy.endpoint())).into());
    let table = Catalog::new(client, f.target.table("Catalog"));
    let cache = CatalogCache::new(table, Arc::new(Registry::shipped().unwrap()));
    let own = r#"{"category": "system", "priority": "low", "channels": ["in_app"]}"#;
    put_type(&catalog(&f), tenant_, "own", own).await;
    let known = async |seconds| {
        let types = cache.of(tenant_, T0.plus_seconds(seconds)).await;
        types.map(|types| types.get(cache.registry(), "own").is_ok())
    };
    assert!(known(0).await.unwrap());
    delete_type(&catalog(&f), tenant_, "own").await;
    let fails = || proxy.on("Query", 1, Fault::Status(400));
    fails();
    assert!(known(60).await.unwrap());
    assert!(known(64).await.unwrap(), "not asked again at once");
    assert_eq!(proxy.count("Query"), 2);
    fails();
    assert!(known(599).await.unwrap());
    fails();
    assert!(known(605).await.is_err(), "too old");
    assert!(!known(605).await.unwrap(), "read again");
    assert!(cache.of(&tenant(), T0).await.is_ok());
    fails();
    assert!(cache.of(&tenant(), T0).await.is_err(), "nothing to fall back on");
}

#[tokio::test]
async fn a_document_that_cannot_be_read_leaves_the_shipped_type() {
    let f = fixture().await;
    let (catalog, cache, tenant) = (catalog(&f), cache(&f), &f.ann.tenant);
    put_type(&catalog, tenant, "chat_message", r#"{"channels": ["telepathy"]}"#).await;
    put_type(&catalog, tenant, "win_back", r#"{"enabled": false}"#).await;
    catalog.put_settings(tenant, r#"{"throttle": 7}"#, T0).await.unwrap();
    let types = cache.of(tenant, T0).await.unwrap();
    let registry = cache.registry();
    assert_eq!(types.get(registry, "chat_message"), registry.get("chat_message"));
    assert!(!types.get(registry, "win_back").unwrap().enabled);
    assert_eq!(types.settings, carillon_domain::TenantSettings::default());
}
