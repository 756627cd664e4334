//! The test support does what the tests rely on.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_testkit::{
    Cost, Fault, FaultProxy, LocalDynamo, ManualClock, Meter, RuntimeApi, dynamodb, sdk_config,
};

const SOON: Duration = Duration::from_secs(5);

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

#[tokio::test]
async fn tables_are_the_templates_and_calls_are_counted() {
    let dynamo = dynamodb().await.unwrap();
    let client = dynamo.client();
    let inbox = dynamo.table("Inbox");
    let item = client.put_item().table_name(&inbox).item("pk", text("t#u")).item("sk", text("n#1"));
    item.item("unread", text("1")).send().await.unwrap();
    let page = client.query().table_name(&inbox).index_name("by_unread").consistent_read(true);
    let page = page.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text("t#u"));
    assert_eq!(page.send().await.unwrap().count(), 1);

    assert_eq!(dynamo.calls().by_operation(), [("PutItem".to_owned(), 1), ("Query".to_owned(), 1)].into());
    assert!(dynamo.calls().write_units() >= 2.0, "the row and its index entry");
    assert!(dynamo.calls().read_units() > 0.0);
    dynamo.calls().reset();
    assert_eq!(dynamo.calls().total(), 0);
    for table in ["Recipients", "Connections", "Ledger", "Catalog"] {
        client.scan().table_name(dynamo.table(table)).send().await.unwrap();
    }
}

#[tokio::test]
async fn the_meter_tells_what_calls_cost() {
    let dynamo = dynamodb().await.unwrap();
    let meter = Meter::start(dynamo.endpoint()).await.unwrap();
    let client = aws_sdk_dynamodb::Client::new(&sdk_config(meter.endpoint()));
    let inbox = dynamo.table("Inbox");
    for _ in 0..2 {
        let put = client.put_item().table_name(&inbox).item("pk", text("t#u")).item("sk", text("n#1"));
        put.item("body", text(&"x".repeat(1_100))).send().await.unwrap();
    }
    let get = client.get_item().table_name(&inbox).key("pk", text("t#u")).key("sk", text("n#1"));
    assert!(get.send().await.unwrap().item.is_some());
    let put = Cost { calls: 2, units: 4.0 };
    let get = Cost { calls: 1, units: 0.5 };
    assert_eq!(meter.costs(), [("GetItem".to_owned(), get), ("PutItem".to_owned(), put)].into());
    meter.reset();
    assert!(meter.costs().is_empty());
}

#[tokio::test]
async fn time_to_live_follows_the_tests_clock() {
    let clock = ManualClock::new(1_000);
    let dynamo = LocalDynamo::start_at(&clock).await.unwrap();
    let put = dynamo.client().put_item().table_name(dynamo.table("Ledger"));
    let put =
        put.item("pk", text("a")).item("sk", text("b")).item("purge_at", AttributeValue::N("2000".into()));
    put.send().await.unwrap();
    assert_eq!(dynamo.sweep_ttl().unwrap(), 0);
    clock.set(2_001);
    assert_eq!(dynamo.sweep_ttl().unwrap(), 1);
}

#[tokio::test]
async fn the_proxy_forwards_counts_and_fails_exactly_once() {
    let dynamo = dynamodb().await.unwrap();
    let proxy = FaultProxy::start(dynamo.endpoint()).await.unwrap();
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(proxy.endpoint()));
    let once = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
    let client = aws_sdk_dynamodb::Client::from_conf(config.retry_config(once).build());
    proxy.on("ListTables", 2, Fault::Status(500));
    proxy.on("ListTables", 3, Fault::Reset);

    assert_eq!(client.list_tables().send().await.unwrap().table_names().len(), 5);
    let refused = client.list_tables().send().await.unwrap_err();
    assert_eq!(refused.raw_response().map(|response| response.status().as_u16()), Some(500));
    let reset = client.list_tables().send().await.unwrap_err();
    assert!(reset.raw_response().is_none(), "{reset:?}");
    client.list_tables().send().await.unwrap();

    assert_eq!(proxy.count("ListTables"), 4);
    proxy.wait_for("ListTables", 4, SOON).await.unwrap();
    let answered: Vec<bool> = proxy.seen().iter().map(|seen| seen.answered).collect();
    assert_eq!(answered, [true, false, false, true]);
}

#[tokio::test]
async fn a_bootstrap_that_ends_in_init_says_what_it_wrote() {
    let error = RuntimeApi::bootstrap("/bin/ls").start().await.unwrap_err().to_string();
    assert!(error.contains("Cargo.toml"), "{error}");
}
